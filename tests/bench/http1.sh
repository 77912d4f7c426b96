# What the heads of one request and one response cost in CPU time, and a chunked body: no socket, one core.
"${FLYCAST_TESTS:?}/http1_probe"
