import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import NIOCore
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebMiddlewareStreamingTests {
  private static let binary = "application/grpc-web+proto"
  private static let text = "application/grpc-web-text+proto"

  // Messages as they are written

  @Test("Requirement 24: the head, then each message, is there at once", arguments: [binary, text])
  @available(GRPCWeb 1.0, *)
  func eachMessageAtOnce(contentType: String) async throws {
    let gates = [Gate(), Gate(), Gate()]
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse(metadata: ["x-early": "1"]) { writer in
          for (index, gate) in gates.enumerated() {
            try await gate.pass()
            try await writer.write(.with { $0.text = "\(index)" })
          }
          return [:]
        }
      }
    )

    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(
        try RawRequest.call("Expand", contentType: contentType, texts: ["hello"])
      )

      let head = try await connection.peekResponse { _ in true }
      #expect(head.httpStatus == 200)
      #expect(head.header("x-early") == ["1"])
      #expect(head.header("content-length").isEmpty)
      #expect(head.header("transfer-encoding") == ["chunked"])
      #expect(head.header("cache-control") == ["no-store, no-transform"])
      #expect(head.header("x-accel-buffering") == ["no"])
      #expect(head.body.isEmpty)

      for (index, gate) in gates.enumerated() {
        gate.open()
        let part = try await connection.peekResponse { $0.frames.count > index }
        #expect(try part.texts == (0 ... index).map { "\($0)" })
      }
      let answer = try await connection.readResponse()
      #expect(answer.status == 0)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("Requirement 27: requests and responses of a bidirectional call take turns")
  @available(GRPCWeb 1.0, *)
  func pingPong() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      try await connection.send(RawRequest.call("Update", body: []).framed(.unfinished))

      for index in 0 ..< 3 {
        let frame = try TestFrame(EchoMessage.with { $0.text = "\(index)" })
        try await connection.send(RawRequest.chunk(frame.bytes))
        let part = try await connection.peekResponse { $0.frames.count > index }
        #expect(try part.texts.last == "\(index)")
        #expect(part.trailers == nil)
      }

      try await connection.send(RawRequest.lastChunk)
      let answer = try await connection.readResponse()
      #expect(answer.frames.count == 3)
      #expect(answer.status == 0)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("A service that ends the call early is answered while the client still sends")
  @available(GRPCWeb 1.0, *)
  func earlyEnd() async throws {
    let service = ScriptedService(
      onUpdate: { request, _ in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            try await writer.write(message)
            break
          }
          throw RPCError(code: .outOfRange, message: "enough")
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call("Update", texts: ["a"]).framed(.unfinished))
      let answer = try await connection.readResponse()
      #expect(try answer.texts == ["a"])
      #expect(answer.status == Status.Code.outOfRange.rawValue)

      // What the client still sends of the request is read and dropped.
      try await connection.send(RawRequest.chunk(Array(repeating: 1, count: 1000)))
      try await connection.send(RawRequest.lastChunk)
      try await app.expectGoodCall(on: connection)
    }
  }

  // Deadlines

  @Test(
    "Requirement 7: the answer is on time when the handler does not cooperate",
    arguments: ["Get", "Expand"]
  )
  @available(GRPCWeb 1.0, *)
  func uncooperativeHandler(method: String) async throws {
    let release = Gate()
    let taskCancelled = Gate()
    let handleCancelled = Gate()
    defer { release.open() }
    let wait: @Sendable () async -> Void = {
      await withTaskCancellationHandler {
        await withRPCCancellationHandler {
          await release.passIgnoringCancellation()
        } onCancelRPC: {
          handleCancelled.open()
        }
      } onCancel: {
        taskCancelled.open()
      }
    }
    let service = ScriptedService(
      onGet: { request, _ in
        await wait()
        return ServerResponse(message: request.message)
      },
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          await wait()
          return [:]
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      let answer = try await connection.answer(
        try .call(method, fields: [("grpc-timeout", "50m")], texts: ["hello"])
      )
      #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
      #expect(!release.isOpen)
      try await taskCancelled.pass("the handler's task is cancelled")
      try await handleCancelled.pass("the RPC's cancellation handle is cancelled")

      // The connection isn't blocked by the handler.
      let plain = try await connection.answer(RawRequest(method: "GET", path: "/plain"))
      #expect(plain.httpStatus == 200)
    }
  }

  @Test(
    "Requirement 7: a deadline that passes while the request is being read is answered on time",
    arguments: ["Get", "Expand", "Collect", "Update"]
  )
  @available(GRPCWeb 1.0, *)
  func deadlineWhileReading(method: String) async throws {
    try await TestApp.run { app in
      // Together and again, as what could go wrong is a race.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0 ..< 20 {
          group.addTask {
            let connection = try await app.connect()
            try await connection.send(
              try RawRequest.call(method, fields: [("grpc-timeout", "30m")], texts: ["hello"])
                .framed(.unfinished)
            )
            let answer = try await connection.peekResponse { $0.status != nil }
            #expect(answer.httpStatus == 200)
            #expect(answer.status == Status.Code.deadlineExceeded.rawValue)

            // What the client still sends does no harm.
            try? await connection.send(RawRequest.chunk([1, 2, 3]))
            try? await connection.send(RawRequest.lastChunk)
            _ = try await connection.readResponse()
            await connection.close()
          }
        }
        try await group.waitForAll()
      }
      try await app.expectGoodCall()
    }
  }

  @Test("Requirement 7: a deadline is answered while a task of the service's own reads the request")
  @available(GRPCWeb 1.0, *)
  func deadlineWhileDetachedTaskReads() async throws {
    let service = ScriptedService(
      onUpdate: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "first" })
          // Not cancelled with the handler.
          let reader = Task {
            for try await _ in request.messages {}
          }
          try await reader.value
          return [:]
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(
        try RawRequest.call("Update", fields: [("grpc-timeout", "50m")], texts: ["hello"])
          .framed(.unfinished)
      )
      let answer = try await connection.peekResponse { $0.status != nil }
      #expect(answer.status == Status.Code.deadlineExceeded.rawValue)

      try await connection.send(RawRequest.lastChunk)
      _ = try await connection.readResponse()
      try await app.expectGoodCall(on: connection)
    }
  }

  // The client goes away

  @Test("Requirement 25: a client that goes away cancels a handler that writes")
  @available(GRPCWeb 1.0, *)
  func disconnectWhileWriting() async throws {
    let taskCancelled = Gate()
    let handleCancelled = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await withTaskCancellationHandler {
            try await withRPCCancellationHandler {
              while true {
                try await writer.write(.with { $0.text = "tick" })
                try await Task.sleep(for: .milliseconds(1))
              }
            } onCancelRPC: {
              handleCancelled.open()
            }
          } onCancel: {
            taskCancelled.open()
          }
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call("Expand", texts: [""]))
      _ = try await connection.peekResponse { $0.frames.count > 3 }
      await connection.close()

      try await taskCancelled.pass("the handler's task is cancelled")
      try await handleCancelled.pass("the RPC's cancellation handle is cancelled")
      try await app.expectGoodCall()
    }
  }

  @Test(
    "Requirement 25: a client that goes away ends a handler that reads",
    arguments: [true, false]
  )
  @available(GRPCWeb 1.0, *)
  func disconnectWhileReading(isAbrupt: Bool) async throws {
    let ended = Gate()
    let handleCancelled = Gate()
    let service = ScriptedService(
      onUpdate: { request, _ in
        StreamingServerResponse { writer in
          defer { ended.open() }
          return try await withRPCCancellationHandler {
            for try await message in request.messages {
              try await writer.write(message)
            }
            return [:]
          } onCancelRPC: {
            handleCancelled.open()
          }
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call("Update", texts: ["a"]).framed(.unfinished))
      _ = try await connection.peekResponse { $0.frames.count == 1 }
      if isAbrupt {
        await connection.close()
      } else {
        try await connection.closeOutput()
      }
      try await ended.pass("the handler ends")
      try await handleCancelled.pass("the RPC's cancellation handle is cancelled")
      try await app.expectGoodCall()
    }
  }

  // Back-pressure

  @Test("Requirement 26: a client that doesn't read stops the writer")
  @available(GRPCWeb 1.0, *)
  func slowReader() async throws {
    let size = 64 * 1024
    let written = Recorder<Void>()
    let ended = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          defer { ended.open() }
          let message = EchoMessage.with { $0.payload = .init(repeating: 1, count: size) }
          for _ in 0 ..< 2000 {
            try await writer.write(message)
            written.append(())
          }
          return [:]
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect(isReading: false)
      try await connection.send(try RawRequest.call("Expand", texts: [""]))
      try await eventually("something is written") { written.values.count > 1 }

      // What the sockets of both ends hold is some megabytes.
      let count = try await settled("the number of messages written") { written.values.count }
      #expect(count * size < 64 * 1024 * 1024)

      try await connection.setReading(true)
      try await eventually("the writer goes on") { written.values.count > count }
      await connection.close()
      try await ended.pass("the handler ends")
    }
  }

  @Test("Requirement 26: a service that doesn't read stops the client")
  @available(GRPCWeb 1.0, *)
  func slowService() async throws {
    let release = Gate()
    defer { release.open() }
    let service = ScriptedService(
      onCollect: { request, _ in
        try await release.pass()
        let count = try await request.messages.reduce(into: 0) { count, _ in count += 1 }
        return ServerResponse(message: .with { $0.text = "\(count)" })
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      let frame = try TestFrame(
        EchoMessage.with { $0.payload = .init(repeating: 1, count: 256 * 1024) }
      )
      let total = 256
      let sent = Recorder<Void>()
      let sender = Task {
        try await connection.send(RawRequest.call("Collect", body: []).framed(.unfinished))
        for _ in 0 ..< total {
          try await connection.send(RawRequest.chunk(frame.bytes))
          sent.append(())
        }
        try await connection.send(RawRequest.lastChunk)
      }
      let count = try await settled("the number of messages sent") { sent.values.count }
      #expect(count < total / 2)

      release.open()
      try await within(patience, "everything is sent") { try await sender.value }
      #expect(try await connection.readResponse().texts == ["\(total)"])
    }
  }
}
