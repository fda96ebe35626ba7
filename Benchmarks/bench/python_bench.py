"""The service in Python, as far as Sonora for Python is measured with it."""

import sonora.asgi

import bench_pb2 as messages
import bench_pb2_grpc as services


class Bench(services.BenchServicer):
    async def Unary(self, request, context):
        return messages.UnaryResponse(message=f"Hello, {request.name}!")


def asgi():
    application = sonora.asgi.grpcASGI()
    services.add_BenchServicer_to_server(Bench(), application)
    return application
