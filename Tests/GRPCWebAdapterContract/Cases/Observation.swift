internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// The records of calls, for each way that a call can end.
  static let observation: [[ContractCase]] = [
    .one("The record of a call that its service ended tells of it what the client saw") { adapter in
      let observer = RecordingObserver()
      try await adapter.serve(config: .defaults { $0.observer = observer }) { app in
        let answer = try await app.answer(
          try .call("Update", contentType: Self.text, texts: ["abc", "", "defg"])
        )
        let record = try await observer.record()
        #expect(record.status?.code.rawValue == answer.status)
        #expect(record.end == .service)
        #expect(record.info.method.fullyQualifiedMethod == "sonora.test.Echo/Update")
        #expect(record.info.isMethodRegistered)
        #expect(record.info.wireProtocol == .grpcWebText)
        #expect(record.httpStatus == answer.httpStatus)
        // A message of three letters takes five bytes.
        let messages = GRPCWebCallRecord.Messages(count: 3, bytes: 11, compressedBytes: 11)
        #expect(record.received == messages)
        #expect(record.sent == messages)
        #expect(record.requestEncoding == "identity")
        #expect(record.responseEncoding == "identity")
        #expect(record.duration > .zero)
        let timeToFirstMessage = try #require(record.timeToFirstMessage)
        #expect(timeToFirstMessage <= record.duration)
        #expect(observer.started.values.count == 1)
        #expect(observer.served.value == 1)
      }
    },

    .each(
      Self.refusedCalls,
      "A call that reaches no service has a record"
    ) { adapter, refused in
      let observer = RecordingObserver()
      let config = GRPCWebServer.Config.defaults { $0.observer = observer }
      try await adapter.serve(config: config) { app in
        let answer = try await app.answer(refused.request)
        let record = try await observer.record()
        #expect(record.status?.code == refused.code)
        #expect(record.status?.code.rawValue == answer.status)
        #expect(record.end == refused.end)
        #expect(record.info.isMethodRegistered == refused.isMethodRegistered)
        #expect(observer.started.values.count == 1)
        #expect(observer.served.value == 0)
      }
    },

    .each(
      [
        (
          RawRequest(method: "GET", path: "/sonora.test.Echo/Get"), GRPCWebCallRecord.End.badRequest
        ),
        (
          RawRequest(path: "/sonora.test.Echo/Get", fields: [("content-type", "text/plain")]),
          .badRequest
        ),
        (Self.preflight(), .preflight),
      ].map { AnsweredRequest(request: $0.0, end: $0.1) },
      "A request that is no call has a record"
    ) { adapter, answered in
      let observer = RecordingObserver()
      let config = GRPCWebServer.Config.defaults {
        $0.observer = observer
        $0.cors = .allow(origins: [Self.shop])
      }
      try await adapter.serve(config: config) { app in
        let answer = try await app.answer(answered.request)
        let record = try await observer.record()
        #expect(record.end == answered.end)
        #expect(record.status == nil)
        // FlyingFox answers a preflight with 200, as it gives each response a length.
        if answered.end != .preflight {
          #expect(record.httpStatus == answer.httpStatus)
        }
        #expect(record.info.method.fullyQualifiedMethod == "sonora.test.Echo/Get")
        #expect(observer.started.values.isEmpty)
        #expect(observer.ended.values.isEmpty)
      }
    },

    .one("The record of a call whose deadline passed says so") { adapter in
      let observer = RecordingObserver()
      let service = ScriptedService(onGet: { request, _ in
        try await suspendUntilCancelled()
        return ServerResponse(message: request.message)
      })
      try await adapter.serve(service, config: .defaults { $0.observer = observer }) { app in
        let answer = try await app.answer(
          try .call(fields: [("grpc-timeout", "100m")], texts: ["hello"])
        )
        let record = try await observer.record()
        #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
        #expect(record.status?.code == .deadlineExceeded)
        #expect(record.end == .deadline)
        #expect(record.duration >= .milliseconds(100))
        #expect(record.timeToFirstMessage == nil)
      }
    },

    .one("The record of a call whose messages are too large says so") { adapter in
      let observer = RecordingObserver()
      let config = GRPCWebServer.Config.defaults {
        $0.observer = observer
        $0.limits.maximumRequestMessageSize = 10
        $0.limits.maximumResponseMessageSize = 5
      }
      try await adapter.serve(config: config) { app in
        for text in ["hello, world", "hello"] {
          let count = observer.count
          let answer = try await app.answer(try .call(texts: [text]))
          let record = try await observer.record(after: count)
          #expect(answer.status == Status.Code.resourceExhausted.rawValue)
          #expect(record.status?.code == .resourceExhausted)
          #expect(record.end == .limit)
        }
      }
    },

    .one("The record of a call whose client went away says so") { adapter in
      let observer = RecordingObserver()
      try await adapter.serve(config: .defaults { $0.observer = observer }) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call("Update", texts: ["a"]).framed(.unfinished))
        _ = try await connection.peekResponse { $0.frames.count == 1 }
        await connection.close()

        let record = try await observer.record()
        #expect(record.status?.code == .cancelled)
        #expect(record.end == .client)
        #expect(record.sent == .init(count: 1, bytes: 3, compressedBytes: 3))
      }
    },

    .one("The record of a call that shutdown ended says so") { adapter in
      let observer = RecordingObserver()
      let started = Gate()
      let service = ScriptedService(onGet: { request, _ in
        started.open()
        try await suspendUntilCancelled()
        return ServerResponse(message: request.message)
      })
      let config = GRPCWebServer.Config.defaults {
        $0.observer = observer
        $0.shutdownGracePeriod = .milliseconds(10)
      }
      try await adapter.serve(service, config: config) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call(texts: ["hello"]))
        try await started.pass("the service runs")
        app.server.refuseCalls()
        let answer = try await connection.readResponse()
        let record = try await observer.record()
        #expect(answer.status == Status.Code.unavailable.rawValue)
        #expect(record.status?.code == .unavailable)
        #expect(record.end == .shutdown)
        await connection.close()
      }
    },
  ]

  private static let refusedCalls = [
    RefusedCall(
      name: "of a method that isn't registered",
      request: .call("Unknown", body: [0, 0, 0, 0, 0]),
      code: .unimplemented,
      isMethodRegistered: false
    ),
    RefusedCall(
      name: "with a timeout that is none",
      request: .call(fields: [("grpc-timeout", "soon")], body: [0, 0, 0, 0, 0]),
      code: .invalidArgument
    ),
    RefusedCall(
      name: "whose deadline had passed",
      request: .call(fields: [("grpc-timeout", "0m")], body: [0, 0, 0, 0, 0]),
      code: .deadlineExceeded,
      end: .deadline
    ),
    RefusedCall(
      name: "in an unknown encoding",
      request: .call(fields: [("grpc-encoding", "snappy")], body: [0, 0, 0, 0, 0]),
      code: .unimplemented
    ),
  ]
}

/// A call that reaches no service.
@available(GRPCWeb 1.0, *)
private struct RefusedCall: Sendable, CustomStringConvertible {
  var name: String
  var request: RawRequest
  var code: Status.Code
  var end = GRPCWebCallRecord.End.badRequest
  var isMethodRegistered = true

  var description: String {
    self.name
  }
}

/// A request that is answered without a call.
@available(GRPCWeb 1.0, *)
private struct AnsweredRequest: Sendable, CustomStringConvertible {
  var request: RawRequest
  var end: GRPCWebCallRecord.End

  var description: String {
    "\(self.request.method), \(self.end)"
  }
}
