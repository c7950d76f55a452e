# The dispatcher with both engines. Build from the root of a clone: docker build -t tocsin-dispatcher .
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schema schema
COPY sync sync
COPY dispatcher dispatcher
# The byte code stays: without it each start, and each command in the container, would first compile for seconds.
RUN python -m venv --without-pip /opt/tocsin \
 && pip --python /opt/tocsin/bin/python install --no-cache-dir --constraint constraints.txt '.[dispatcher,otel,postgres,vault]'

FROM python:3.13-slim
RUN groupadd --gid 10001 tocsin \
 && useradd --uid 10001 --gid tocsin --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tocsin \
 && install --directory --owner tocsin --group tocsin --mode 0700 /var/lib/tocsin
COPY --from=build /opt/tocsin /opt/tocsin
ENV PATH=/opt/tocsin/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    TOCSIN_HOST=0.0.0.0 \
    TOCSIN_DATABASE=sqlite:////var/lib/tocsin/tocsin.db
USER 10001
VOLUME /var/lib/tocsin
EXPOSE 8737
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8737/healthz', timeout=2)"]
ENTRYPOINT ["tocsin-dispatcher"]
CMD ["serve"]
