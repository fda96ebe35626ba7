internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import Logging
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Errors of services, which are logged in the app and hidden from clients.
  static let serviceErrors: [[ContractCase]] = [
    .each(
      ["Get", "Expand"],
      "An error that stands for no status is logged, and the client isn't told what it says"
    ) { adapter, method in
      let log = CapturingLogHandler()
      let service = ScriptedService(
        onGet: { _, _ in throw SecretError() },
        onExpand: { request, _ in
          StreamingServerResponse { writer in
            try await writer.write(request.message)
            throw SecretError()
          }
        }
      )
      try await adapter.serve(service, logger: log.logger) { app in
        let answer = try await app.answer(
          try .call(method, fields: [("x-request-id", "abc")], texts: ["hello"])
        )
        #expect(answer.status == Status.Code.unknown.rawValue)
        #expect(!answer.statusMessage.isEmpty)
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("secret"))

        var errors: [CapturingLogHandler.Entry] = []
        try await eventually("the error is logged") {
          errors = log.entries.values.filter { $0.level == .error }
          return !errors.isEmpty
        }
        let entry = try #require(errors.first)
        #expect(errors.count == 1)
        #expect(entry.metadata["error"] == "the secret")
        #expect(entry.metadata["grpc.method"] == "sonora.test.Echo/\(method)")
        #expect(entry.metadata["request.id"] == "abc")
      }
    },
    .one("Statuses are logged at levels of their own, and an error that names its status gets it") {
      adapter in
      let log = CapturingLogHandler()
      let service = ScriptedService(onGet: { request, _ in
        switch request.message.text {
        case "convertible":
          throw NamedError()
        case "internal":
          throw RPCError(code: .internalError, message: "broken")
        default:
          throw RPCError(code: .notFound, message: "nothing")
        }
      })
      try await adapter.serve(service, logger: log.logger) { app in
        let expected: [(String, Status.Code, Logger.Level)] = [
          ("convertible", .permissionDenied, .debug),
          ("internal", .internalError, .warning),
          ("other", .notFound, .debug),
        ]
        for (text, code, level) in expected {
          let answer = try await app.answer(try .call(texts: [text]))
          #expect(answer.status == code.rawValue)
          try await eventually("the status of '\(text)' is logged") {
            log.entries.values.contains {
              $0.metadata["grpc.status"] == "\(code)" && $0.level == level
            }
          }
        }
        #expect(!log.entries.values.contains { $0.level == .error })
      }
    },
  ]
}

/// An error whose description clients must not see.
private struct SecretError: Error, CustomStringConvertible {
  var description: String {
    "the secret"
  }
}

/// An error that converts to a status.
@available(GRPCWeb 1.0, *)
private struct NamedError: Error, RPCErrorConvertible {
  var rpcErrorCode: RPCError.Code {
    .permissionDenied
  }

  var rpcErrorMessage: String {
    "not allowed"
  }
}
