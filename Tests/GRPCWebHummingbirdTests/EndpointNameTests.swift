import GRPCWebHummingbird
import GRPCWebTestSupport
import HTTPTypes
import Hummingbird
import Testing

/// How Hummingbird's own metrics and traces name calls.
@Suite(.timeLimit(.minutes(3)))
struct EndpointNameTests {
  @Test("The endpoint of a request is the method's path, or one name for whatever isn't registered")
  @available(GRPCWeb 1.0, *)
  func names() async throws {
    let seen = Recorder<String?>()
    let grpcWeb = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.cors = .allowAll }
    )
    let router = Router()
    router.add(middleware: EndpointRecorder(seen: seen))
    router.add(middleware: grpcWeb.errorMiddleware())
    router.add(middleware: Refusal())
    router.add(middleware: grpcWeb.middleware(prefix: "/api"))
    router.group("group").add(middleware: grpcWeb.middleware())
    router.get("plain") { _, _ in "plain" }

    var queried = try RawRequest.call(prefix: "/api", texts: ["x"])
    queried.path += "?page=2"
    let preflight: [(name: String, value: String)] = [
      ("origin", "https://shop.example"), ("access-control-request-method", "POST"),
      ("access-control-request-headers", "x-grpc-web"),
    ]
    let method = "/sonora.test.Echo/Get"
    let requests: [(RawRequest, String?)] = [
      (try .call(prefix: "/api", texts: ["x"]), method),
      (queried, method),
      (try .call("Expand", prefix: "/api", texts: ["x"]), "/sonora.test.Echo/Expand"),
      (try .call("Nope1", prefix: "/api", texts: ["x"]), "/gRPC-Web"),
      (try .call("Nope2", prefix: "/api", texts: ["x"]), "/gRPC-Web"),
      (RawRequest(method: "GET", path: "/api\(method)"), method),
      (RawRequest(method: "OPTIONS", path: "/api\(method)", fields: preflight), method),
      (RawRequest(method: "OPTIONS", path: "/api/some.Nope/Nope", fields: preflight), "/gRPC-Web"),
      (try .call(prefix: "/api", fields: [("x-refuse", "1")], texts: ["x"]), method),
      (try .call("Nope", prefix: "/api", fields: [("x-refuse", "1")], texts: ["x"]), "/gRPC-Web"),
      (try .call(prefix: "/group", texts: ["x"]), "/group\(method)"),
      (RawRequest(method: "GET", path: "/plain"), "/plain"),
    ]
    try await TestApp.run(router, grpcWeb) { app in
      for (request, _) in requests {
        _ = try await app.answer(request)
      }
    }
    #expect(seen.values == requests.map(\.1))
  }
}

/// Records what Hummingbird's own middleware takes for the name of the endpoint.
@available(GRPCWeb 1.0, *)
private struct EndpointRecorder: RouterMiddleware {
  let seen: Recorder<String?>

  func handle(
    _ request: Request,
    context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    defer { self.seen.append(context.endpointPath) }
    return try await next(request, context)
  }
}

/// Refuses the requests that ask for it.
@available(GRPCWeb 1.0, *)
private struct Refusal: RouterMiddleware {
  func handle(
    _ request: Request,
    context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    if let name = HTTPField.Name("x-refuse"), request.headers.contains(name) {
      throw HTTPError(.forbidden)
    }
    return try await next(request, context)
  }
}
