#!/usr/bin/python3
# grpc_client.py ADDRESS: calls every method of grpc_server.py and prints one line for each.
import queue
import sys

import grpc

channel = grpc.insecure_channel("ipv6:[%s]:80" % sys.argv[1])
result, call = channel.unary_unary("/t/Upper").with_call(b"hello", timeout=20)
print("upper", result.decode(), dict(call.trailing_metadata()).get("x-trailer"))

sent = queue.Queue()
answers = channel.stream_stream("/t/Each")(iter(sent.get, None), timeout=20)
came = []
for word in (b"a", b"b", b"c"):  # each waits for the answer to the one before: nothing may be held back
    sent.put(word)
    came.append(next(answers).decode())
sent.put(None)
print("each", "".join(came), len(list(answers)), answers.code().name)

print("sum", channel.stream_unary("/t/Sum")((b"y" * 10000 for _ in range(300)), timeout=20).decode())
print("count", sum(len(part) for part in channel.unary_stream("/t/Count")(b"3000", timeout=20)))
try:
    channel.unary_unary("/t/Fail")(b"", timeout=20)
except grpc.RpcError as error:
    print("fail", error.code().name, error.details(), dict(error.trailing_metadata()).get("x-why"))
try:
    channel.unary_unary("/t/Nothing")(b"", timeout=20)
except grpc.RpcError as error:
    print("nothing", error.code().name)
stopped = channel.unary_stream("/t/Count")(b"100000", timeout=20)
next(stopped)
stopped.cancel()
print("again", channel.unary_unary("/t/Upper")(b"x", timeout=20).decode()[0])
