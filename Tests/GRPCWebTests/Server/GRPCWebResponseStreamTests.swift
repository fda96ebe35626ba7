import GRPCCore
import GRPCWebTestSupport
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebResponseStreamTests {
  @Test(
    "Requirement 24: a message is sent before the next is written, in both modes",
    arguments: ["application/grpc-web+proto", "application/grpc-web-text+proto"]
  )
  @available(GRPCWeb 1.0, *)
  func eachMessageAtOnce(accept: String) async throws {
    let gates = [Gate(), Gate(), Gate()]
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          for (index, gate) in gates.enumerated() {
            try await writer.write(.with { $0.text = String(repeating: "x", count: index) })
            try await gate.pass()
          }
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let response = try await server.start(
      TestCall(method: "Expand", fields: [("accept", accept)]),
      body: try TestBody(text: "")
    )

    // The service waits at a gate after each message, which opens when the message was received. So
    // the test ends only if each message is sent at once.
    let stream = try #require(response.stream)
    var bytes: [UInt8] = []
    try await stream.write { buffers in
      bytes += buffers.flatMap { Array($0.readableBytesView) }
      let answer = try response.answer(body: bytes, isComplete: false)
      if answer.trailers == nil {
        #expect(try answer.messages.count == answer.frames.count)
        for gate in gates.prefix(answer.frames.count) {
          gate.open()
        }
      }
    }

    let answer = try response.answer(body: bytes)
    #expect(try answer.texts == ["", "x", "xx"])
    #expect(answer.status == 0)
  }

  @Test("Requirement 24: the head is sent before the first message is written")
  @available(GRPCWeb 1.0, *)
  func headAtOnce() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse(metadata: ["x-early": "1"]) { writer in
          try await gate.pass()
          try await writer.write(request.message)
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let response = try await within(defaultTimeout, "the head") {
      try await server.start(TestCall(method: "Expand"), body: try TestBody(text: "hello"))
    }
    #expect(try response.answer(body: [], isComplete: false).header("x-early") == ["1"])
    gate.open()
    #expect(try await response.answer().texts == ["hello"])
  }

  @Test(
    "Requirement 26: a reader that doesn't read suspends the writer",
    arguments: [1, 1000, 100_000]
  )
  @available(GRPCWeb 1.0, *)
  func slowReader(size: Int) async throws {
    let limit = 64 * 1024
    let message = EchoMessage.with { $0.text = String(repeating: "x", count: size) }
    let frameSize = try TestFrame(message).bytes.count
    // The limit counts twice: for the queue, and for the bytes taken with the head.
    let expected = 2 * (limit / frameSize + 1)
    let written = Recorder<Void>()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          for _ in 0 ..< 10 * expected {
            try await writer.write(message)
            written.append(())
          }
          return [:]
        }
      }
    )
    let server = GRPCWebServer(
      services: [service],
      config: .defaults { $0.limits.maximumQueuedResponseBytes = limit }
    )
    let response = try await server.start(
      TestCall(method: "Expand"),
      body: try TestBody(text: "")
    )

    let count = try await settled("the number of messages written") { written.values.count }
    #expect(count <= expected)

    // The writer continues once a reader reads.
    let answer = try await response.answer()
    #expect(answer.frames.count == 10 * expected)
    #expect(answer.status == 0)
  }

  @Test("Requirement 26: what was written while the reader was busy leaves together")
  @available(GRPCWeb 1.0, *)
  func coalescing() async throws {
    let started = Gate()
    let written = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await started.pass()
          for _ in 0 ..< 1000 {
            try await writer.write(.with { $0.text = "x" })
          }
          written.open()
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let response = try await server.start(TestCall(method: "Expand"), body: try TestBody(text: ""))
    started.open()
    try await written.pass("all messages are written")

    var writes = 0
    var bytes: [UInt8] = []
    try await response.stream?.write { buffers in
      writes += 1
      bytes += buffers.flatMap { Array($0.readableBytesView) }
    }
    #expect(try response.answer(body: bytes).frames.count == 1000)
    #expect(writes <= 3)
  }

  @Test("For frameworks that ask for it, the body is a sequence of parts")
  @available(GRPCWeb 1.0, *)
  func sequence() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let response = try await server.start(
      TestCall(method: "Expand"),
      body: try TestBody(text: "abc")
    )
    var bytes: [UInt8] = []
    for await part in try #require(response.stream) {
      #expect(!part.isEmpty)
      bytes += part.flatMap { Array($0.readableBytesView) }
    }
    let answer = try response.answer(body: bytes)
    #expect(try answer.texts == ["a", "b", "c"])
    #expect(answer.status == 0)
  }

  @Test("Requirement 25: cancelling the task that asks for parts cancels the handler")
  @available(GRPCWeb 1.0, *)
  func cancelledSequence() async throws {
    let cancelled = CancellationGates()
    let server = GRPCWebServer(services: [cancelled.service])
    let response = try await server.start(TestCall(method: "Expand"), body: try TestBody(text: ""))
    let stream = try #require(response.stream)
    let read = Gate()
    let reader = Task {
      for await _ in stream {
        read.open()
      }
    }
    try await read.pass("something is read")
    reader.cancel()

    try await cancelled.task.pass("the handler's task is cancelled")
    try await cancelled.handle.pass("the RPC's cancellation handle is cancelled")
    try await within(defaultTimeout, "reading ends") {
      _ = await reader.result
    }
  }

  @Test("Requirement 25: letting go of a stream cancels the handler")
  @available(GRPCWeb 1.0, *)
  func letGo() async throws {
    let cancelled = CancellationGates()
    let server = GRPCWebServer(services: [cancelled.service])
    do {
      let response = try await server.start(
        TestCall(method: "Expand"),
        body: try TestBody(text: "")
      )
      #expect(response.stream != nil)
    }
    try await cancelled.task.pass("the handler's task is cancelled")
    try await cancelled.handle.pass("the RPC's cancellation handle is cancelled")
  }

  @Test("Requirement 25: a writer that throws cancels the handler, and its error is passed on")
  @available(GRPCWeb 1.0, *)
  func throwingWriter() async throws {
    struct ConnectionReset: Error {}
    let cancelled = CancellationGates()
    let server = GRPCWebServer(services: [cancelled.service])
    let response = try await server.start(TestCall(method: "Expand"), body: try TestBody(text: ""))
    let stream = try #require(response.stream)

    await #expect(throws: ConnectionReset.self) {
      try await stream.write { _ in throw ConnectionReset() }
    }
    try await cancelled.task.pass("the handler's task is cancelled")
    try await cancelled.handle.pass("the RPC's cancellation handle is cancelled")
  }

  @Test("Requirement 25: cancelling the task that sends cancels the handler, which may be waiting")
  @available(GRPCWeb 1.0, *)
  func cancelledSender() async throws {
    let cancelled = CancellationGates()
    let server = GRPCWebServer(services: [cancelled.service])
    let response = try await server.start(TestCall(method: "Expand"), body: try TestBody(text: ""))
    let sent = Gate()
    let sender = Task {
      try await response.stream?.write { _ in sent.open() }
    }
    try await sent.pass("something is sent")
    sender.cancel()

    try await cancelled.task.pass("the handler's task is cancelled")
    try await cancelled.handle.pass("the RPC's cancellation handle is cancelled")
    try await within(defaultTimeout, "sending ends") {
      _ = await sender.result
    }
  }

  @Test("Requirement 25: a handler that waits to write is cancelled, too")
  @available(GRPCWeb 1.0, *)
  func letGoOfSuspendedWriter() async throws {
    let ended = Recorder<any Error>()
    let written = Recorder<Void>()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          do {
            for _ in 0 ..< 1000 {
              try await writer.write(.with { $0.text = String(repeating: "x", count: 1000) })
              written.append(())
            }
            return [:]
          } catch {
            ended.append(error)
            throw error
          }
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    do {
      let response = try await server.start(
        TestCall(method: "Expand"),
        body: try TestBody(text: "")
      )
      #expect(response.stream != nil)
      _ = try await settled("the number of messages written") { written.values.count }
      #expect(ended.values.isEmpty)
    }
    try await eventually("writing throws") { !ended.values.isEmpty }
  }

  @Test("A handler that was sent to its end isn't cancelled")
  @available(GRPCWeb 1.0, *)
  func notCancelled() async throws {
    let cancelled = Recorder<Bool>()
    let service = ScriptedService(
      onExpand: { request, context in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          cancelled.append(Task.isCancelled || context.cancellation.isCancelled)
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await server.answer(TestCall(method: "Expand"), texts: "hello")
    #expect(answer.status == 0)
    #expect(cancelled.values == [false])
  }
}

/// A service that sends a message and then waits until it is cancelled.
@available(GRPCWeb 1.0, *)
private struct CancellationGates {
  let task = Gate()
  let handle = Gate()

  var service: ScriptedService {
    ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          try await withTaskCancellationHandler {
            try await withRPCCancellationHandler {
              try await suspendUntilCancelled()
            } onCancelRPC: {
              self.handle.open()
            }
          } onCancel: {
            self.task.open()
          }
          return [:]
        }
      }
    )
  }
}
