#!/usr/bin/python3
# grpc_server.py PORT: methods of one service, with plain octets as messages: /t/Upper (one, one), /t/Each (stream, stream),
# /t/Sum (stream, one), /t/Count (one, stream), /t/Fail (an error with trailers of its own).
import sys
from concurrent import futures

import grpc


def upper(request, context):
    context.set_trailing_metadata((("x-trailer", "behind"),))
    fields = dict(context.invocation_metadata())
    return request.upper() + b" " + fields.get("via", "").encode()


def each(requests, context):
    for request in requests:
        yield request.upper()


def total(requests, context):
    return b"%d" % sum(len(request) for request in requests)


def count(request, context):
    for number in range(int(request)):
        yield b"x" * 1000


def fail(request, context):
    context.set_trailing_metadata((("x-why", "because"),))
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")


server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t", {
    "Upper": grpc.unary_unary_rpc_method_handler(upper),
    "Each": grpc.stream_stream_rpc_method_handler(each),
    "Sum": grpc.stream_unary_rpc_method_handler(total),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
}),))
server.add_insecure_port("0.0.0.0:" + sys.argv[1])
server.start()
server.wait_for_termination()
