"""Answers as the real receivers give them, so that assertions and captures hold."""

from demo.receiver import Answer, Received

SYS_ID = "9d385017c611228701d22104cc95c371"


def real_answer(received: Received) -> Answer:
    """Return what the receiver that a path belongs to would answer; `200 {}` for any other path."""
    receiver = received.path.strip("/").partition("/")[0].partition("?")[0]
    match (receiver, received.method):
        case ("servicenow", "POST"):
            return Answer.of({"result": {"sys_id": SYS_ID, "number": "INC0010001"}}, 201)
        case ("servicenow", _):
            return Answer.of({"result": {"sys_id": SYS_ID, "state": "6"}})
        case ("pagerduty", _):
            return Answer.of({"status": "success", "message": "Event processed", "dedup_key": "demo"}, 202)
        case ("opsgenie", "POST"):
            return Answer.of({"result": "Request will be processed", "took": 0.1, "requestId": "43a29c5c"}, 202)
        case ("opsgenie", _):
            return Answer.of({"data": {"success": True, "isSuccess": True, "status": "Created alert"}})
        case ("slack", _):
            return Answer(200, (("Content-Type", "text/html"),), b"ok")
        case ("teams", _):
            return Answer(202, (), b"")
    return Answer.of({})
