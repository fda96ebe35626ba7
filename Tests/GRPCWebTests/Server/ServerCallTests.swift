import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Synchronization
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct ServerCallTests {
  @available(GRPCWeb 1.0, *)
  private static func call(
    _ method: MethodDescriptor = Sonora_Test_Echo.Method.Update.descriptor,
    configuration: GRPCWebServerConfiguration = .defaults
  ) throws -> ServerCall {
    let head = GRPCWebCallHead(
      try TestCall(method: method.method).head(),
      method: method,
      requestMode: .binary,
      configuration: configuration
    )
    return ServerCall(head, configuration: configuration)
  }

  @Test("Requirement 25: a call that ended before its service was noted stops it all the same")
  @available(GRPCWeb 1.0, *)
  func endedBeforeStart() async throws {
    let call = try Self.call()
    call.fail(.peerGone)

    let task = Task { _ = try? await suspendUntilCancelled() }
    let deadline = Task { _ = try? await suspendUntilCancelled() }
    call.serviceStarted(task, deadline: deadline)
    #expect(task.isCancelled)
    #expect(deadline.isCancelled)

    await withServerContextRPCCancellationHandle { handle in
      call.setCancellationHandle(handle)
      #expect(handle.isCancelled)
    }
  }

  @Test("The deadline of a service that returned before it was noted is cancelled")
  @available(GRPCWeb 1.0, *)
  func returnedBeforeStart() async throws {
    let call = try Self.call()
    call.serviceReturned()
    let task = Task { _ = try? await suspendUntilCancelled() }
    defer { task.cancel() }
    let deadline = Task { _ = try? await suspendUntilCancelled() }
    call.serviceStarted(task, deadline: deadline)
    #expect(deadline.isCancelled)
    #expect(!task.isCancelled)
  }

  @Test("What fails first decides the status")
  @available(GRPCWeb 1.0, *)
  func firstFailureWins() async throws {
    let call = try Self.call()
    call.fail(.deadlineExceeded)
    call.fail(.peerGone)
    call.serviceReturned()
    #expect(call.status?.code == .deadlineExceeded)
  }

  @Test("Writing and reading after the end throw the error that the call failed with")
  @available(GRPCWeb 1.0, *)
  func useAfterEnd() async throws {
    let call = try Self.call()
    call.fail(.deadlineExceeded)
    await #expect(throws: RPCError.deadlineExceeded) {
      try await call.write(.message(GRPCWebMessage([1])))
    }
    #expect(throws: RPCError.deadlineExceeded) {
      try call.nextRequestEvent()
    }
  }

  @Test("Requirement 26: a suspended writer goes on when what it wrote is taken")
  @available(GRPCWeb 1.0, *)
  func writerResumes() async throws {
    let call = try Self.call(
      configuration: .defaults { $0.limits.maximumBufferedResponseBytes = 10 }
    )
    let written = Gate()
    let writer = Task {
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
      written.open()
    }
    let first = await call.nextOutput()
    #expect(first?.head != nil)
    try await written.pass("the writer goes on")
    try await writer.value

    let second = Task {
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
    }
    let output = try #require(await call.nextOutput())
    #expect(output.head == nil)
    #expect(!output.isEnd)
    try await second.value
  }

  @Test("A writer whose task is cancelled while it waits throws, and the others still wait")
  @available(GRPCWeb 1.0, *)
  func cancelledWriter() async throws {
    let call = try Self.call(
      configuration: .defaults { $0.limits.maximumBufferedResponseBytes = 10 }
    )
    let finished = Recorder<String>()
    let first = Task {
      defer { finished.append("first") }
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
    }
    let second = Task {
      defer { finished.append("second") }
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
    }
    first.cancel()
    let result = await first.result
    #expect(throws: CancellationError.self) { try result.get() }
    #expect(finished.values == ["first"])

    _ = await call.nextOutput()
    try await eventually("the other goes on") {
      // It may not have written until now.
      finished.values == ["first", "second"]
    }
    try await second.value
  }

  @Test("Requirement 25: a suspended writer goes on when the call fails")
  @available(GRPCWeb 1.0, *)
  func writerOfFailedCall() async throws {
    let call = try Self.call(
      configuration: .defaults { $0.limits.maximumBufferedResponseBytes = 10 }
    )
    let writer = Task {
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
    }
    call.fail(.peerGone)
    let result = try await within(patience, "writing ends") { await writer.result }
    #expect(throws: RPCError.peerGone) { try result.get() }
  }

  @Test("Requirement 10: output ends after the trailers, and stays ended")
  @available(GRPCWeb 1.0, *)
  func outputEnds() async throws {
    let call = try Self.call()
    let output = Task { await call.nextOutput() }
    try await call.write(.status(Status(code: .ok, message: ""), [:]))
    #expect(await output.value?.isEnd == true)
    #expect(await call.nextOutput() == nil)
    #expect(await call.nextOutput() == nil)
  }

  @Test("Waiting for the reader to end returns when it does")
  @available(GRPCWeb 1.0, *)
  func untilReadingEnds() async throws {
    let call = try Self.call()
    #expect(try call.nextRequestEvent() == .needsBytes)
    #expect(call.isReading)
    call.fail(.deadlineExceeded)

    let ended = Gate()
    let waiting = Task {
      await call.untilReadingEnds()
      ended.open()
    }
    #expect(!ended.isOpen)
    call.receive(nil)
    try await ended.pass("the wait ends")
    await waiting.value
    #expect(!call.isReading)
    await call.untilReadingEnds()
  }

  @Test("Requirement 19: a message that is too large to be sent fails the call")
  @available(GRPCWeb 1.0, *)
  func tooLargeToBeSent() async throws {
    let call = try Self.call(
      Sonora_Test_Echo.Method.Get.descriptor,
      configuration: .defaults { $0.limits.maximumResponseMessageSize = 1 }
    )
    try await call.write(.metadata([:]))
    let error = await #expect(throws: RPCError.self) {
      try await call.write(.message(GRPCWebMessage([1, 2])))
    }
    #expect(error?.code == .resourceExhausted)
    #expect(call.status?.code == .resourceExhausted)
    await #expect(throws: RPCError.self) {
      try await call.write(.status(Status(code: .ok, message: ""), [:]))
    }
    #expect(call.status?.code == .resourceExhausted)
    #expect(await call.nextOutput()?.isEnd == true)
  }

  @Test("Requirement 18: a compressed message that can't be inflated fails the call")
  @available(GRPCWeb 1.0, *)
  func uninflatable() async throws {
    let call = try Self.call()
    let body = TestBody([TestFrame(flags: 1, payload: [1, 2]).bytes])
    var parts = ServerCall.Request(call: call, body: body).makeAsyncIterator()
    _ = try await parts.next()
    let error = await #expect(throws: RPCError.self) {
      try await parts.next()
    }
    #expect(error?.code == .internalError)
    #expect(call.status?.code == .internalError)
  }

  @Test("Requirement 6: a fault in the request fails the call, whatever the service does about it")
  @available(GRPCWeb 1.0, *)
  func requestFault() async throws {
    let call = try Self.call()
    call.receive(ByteBuffer(bytes: TestFrame(flags: 0x80, payload: []).bytes))
    #expect(throws: RPCError.self) { try call.nextRequestEvent() }
    await #expect(throws: RPCError.self) {
      try await call.write(.status(Status(code: .ok, message: ""), [:]))
    }
    #expect(call.status?.code == .internalError)
  }
}
