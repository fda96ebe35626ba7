internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import HTTPTypes
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// What services and interceptors see of the app's request.
  static let requestContext: [[ContractCase]] = [
    .each(
      ["Get", "Expand", "Collect", "Update"],
      "Services and interceptors see the head of the request and what the framework knows of it",
      needs: [.requestContexts]
    ) { adapter, method in
      let seen = Recorder<ServerContext>()
      let service = ScriptedService.answering { context in
        adapter.userOfRequest(context) ?? "nobody"
      }
      try await adapter.serve(service, interceptors: [ContextRecorder(seen: seen)]) { app in
        let answer = try await app.answer(
          try .call(method, fields: [("x-user", "Ada")], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(try answer.texts == ["Ada"])
        let context = try #require(seen.values.first)
        #expect(adapter.userOfRequest(context) == "Ada")
      }
    },
    .one("Services and interceptors see the head of the HTTP request") { adapter in
      let seen = Recorder<ServerContext>()
      let service = ScriptedService.answering { context in
        context.httpRequest?.path ?? "no path"
      }
      try await adapter.serve(
        service,
        interceptors: [ContextRecorder(seen: seen)],
        prefix: "/api"
      ) { app in
        var request = try RawRequest.call(
          prefix: "/api",
          fields: [("cookie", "session=1")],
          texts: ["hello"]
        )
        request.path += "?page=2"
        let answer = try await app.answer(request)
        #expect(try answer.texts == ["/api/sonora.test.Echo/Get?page=2"])
        let head = try #require(seen.values.first?.httpRequest)
        #expect(head.method == .post)
        #expect(head.authority == "localhost")
        #expect(head.path == "/api/sonora.test.Echo/Get?page=2")
        #expect(head.headerFields[.cookie] == "session=1")
        #expect(head.headerFields[.contentType] == "application/grpc-web+proto")
      }
    },
    .each(
      ["Get", "Expand", "Collect", "Update"],
      "Task-local values that the app's middleware sets reach the service",
      needs: [.middleware]
    ) { adapter, method in
      let service = ScriptedService.answering { _ in AdapterApp.currentUser ?? "nobody" }
      try await adapter.serve(service, user: "Ada") { app in
        for timeout in [[], [("grpc-timeout", "1M")]] {
          let answer = try await app.answer(try .call(method, fields: timeout, texts: ["hello"]))
          #expect(answer.status == 0)
          #expect(try answer.texts == ["Ada"])
        }
      }
    },
  ]
}

@available(GRPCWeb 1.0, *)
extension ScriptedService {
  /// A service whose methods answer with one text, which is asked for when the message is written.
  fileprivate static func answering(
    _ text: @escaping @Sendable (ServerContext) -> String
  ) -> ScriptedService {
    ScriptedService(
      onGet: { _, context in ServerResponse(message: .with { $0.text = text(context) }) },
      onExpand: { _, context in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = text(context) })
          return [:]
        }
      },
      onCollect: { request, context in
        for try await _ in request.messages {}
        return ServerResponse(message: .with { $0.text = text(context) })
      },
      onUpdate: { request, context in
        StreamingServerResponse { writer in
          for try await _ in request.messages {
            try await writer.write(.with { $0.text = text(context) })
          }
          return [:]
        }
      }
    )
  }
}

/// Records the contexts that an interceptor sees.
@available(GRPCWeb 1.0, *)
private struct ContextRecorder: ServerInterceptor {
  let seen: Recorder<ServerContext>

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    self.seen.append(context)
    return try await next(request, context)
  }
}
