"""The pytest plugin: the messages of every project as tests, each compared with its snapshot (extra `tocsin[test]`)."""
