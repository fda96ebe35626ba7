import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import Synchronization
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct ServerCallTests {
  @available(GRPCWeb 1.0, *)
  private static func call(
    _ method: MethodDescriptor = Sonora_Test_Echo.Method.Update.descriptor,
    config: GRPCWebServer.Config = .defaults
  ) throws -> ServerCall {
    let request = try TestCall(method: method.method).head()
    let head = GRPCWebCallHead(
      request,
      fields: CallFields(request.headerFields),
      method: method,
      requestMode: .binary,
      config: config
    )
    return ServerCall(head, config: config)
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
      config: .defaults { $0.limits.maximumQueuedResponseBytes = 10 }
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
      config: .defaults { $0.limits.maximumQueuedResponseBytes = 10 }
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
      // The second writer may have started to write only now.
      finished.values == ["first", "second"]
    }
    try await second.value
  }

  @Test("Requirement 25: a suspended writer goes on when the call fails")
  @available(GRPCWeb 1.0, *)
  func writerOfFailedCall() async throws {
    let call = try Self.call(
      config: .defaults { $0.limits.maximumQueuedResponseBytes = 10 }
    )
    let writer = Task {
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
      try await call.write(.message(GRPCWebMessage(repeating: 0, count: 20)))
    }
    call.fail(.peerGone)
    let result = try await within(defaultTimeout, "writing ends") { await writer.result }
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
      config: .defaults { $0.limits.maximumResponseMessageSize = 1 }
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
    var parts = ServerCall.RequestSequence(call: call, body: body).makeAsyncIterator()
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

  // A delegate on an event loop

  /// A delegate that counts its notifications.
  @available(GRPCWeb 1.0, *)
  private final class TestDelegate: ServerCallDelegate {
    let outputs = Counter()
    let rooms = Counter()

    func outputIsReady(of call: ServerCall) {
      self.outputs.add()
    }

    func hasRoom(for call: ServerCall) {
      self.rooms.add()
    }
  }

  @available(GRPCWeb 1.0, *)
  private static func call(
    _ method: MethodDescriptor = Sonora_Test_Echo.Method.Update.descriptor,
    delegate: TestDelegate,
    failure: RPCError? = nil
  ) throws -> ServerCall {
    let request = try TestCall(method: method.method).head()
    let head = GRPCWebCallHead(
      request,
      fields: CallFields(request.headerFields),
      method: method,
      requestMode: .binary,
      failure: failure,
      config: .defaults
    )
    return ServerCall(head, config: .defaults, delegate: delegate)
  }

  @Test("A delegate is notified once of output, and again after it has taken it")
  @available(GRPCWeb 1.0, *)
  func delegateIsNotifiedOfOutput() async throws {
    let delegate = TestDelegate()
    let call = try Self.call(delegate: delegate)
    #expect(call.takeOutput() == nil)
    for _ in 0 ..< 3 {
      try await call.write(.message(GRPCWebMessage([1])))
    }
    #expect(delegate.outputs.value == 1)
    let output = try #require(call.takeOutput())
    #expect(output.head != nil)
    #expect(TestFrame.parse(output.bytes).frames.count == 3)
    #expect(call.takeOutput() == nil)
    #expect(delegate.outputs.value == 1)

    try await call.write(.status(Status(code: .ok, message: ""), [:]))
    #expect(delegate.outputs.value == 2)
    #expect(call.takeOutput()?.isEnd == true)
    #expect(call.takeOutput() == nil)
    call.fail(.peerGone)
    #expect(delegate.outputs.value == 2)
  }

  @Test("A call that failed by its head has its output without its delegate being notified")
  @available(GRPCWeb 1.0, *)
  func failedByHead() throws {
    let delegate = TestDelegate()
    let failure = RPCError(code: .unimplemented, message: "no")
    let call = try Self.call(delegate: delegate, failure: failure)
    #expect(!call.isOpen)
    #expect(call.takeOutput()?.isEnd == true)
    #expect(delegate.outputs.value == 0)
  }

  @Test("Requirement 26: a delegate has room until enough is unread, and learns when it has again")
  @available(GRPCWeb 1.0, *)
  func delegateHasRoom() async throws {
    let delegate = TestDelegate()
    let call = try Self.call(delegate: delegate)
    let small = ByteBuffer(bytes: TestFrame(payload: [1]).bytes)
    let large = ByteBuffer(
      bytes: TestFrame(payload: Array(repeating: 0, count: ServerCallState.maximumBufferedBytes))
        .bytes
    )
    #expect(call.deliver(small))
    #expect(!call.deliver(large))
    #expect(delegate.rooms.value == 0)

    _ = try call.nextRequestEvent()
    // The bytes left are still over the limit.
    #expect(delegate.rooms.value == 0)
    _ = try call.nextRequestEvent()
    #expect(delegate.rooms.value == 1)
    #expect(try call.nextRequestEvent() == .needsBytes)
    #expect(delegate.rooms.value == 1)
    #expect(call.deliver(small))
  }

  @Test("There is room for a message that isn't whole, however much of it is there")
  @available(GRPCWeb 1.0, *)
  func roomForLargeMessage() throws {
    let size = 4 * 1024 * 1024
    for method in [
      Sonora_Test_Echo.Method.Update.descriptor, Sonora_Test_Echo.Method.Get.descriptor,
    ] {
      let call = try Self.call(method, delegate: TestDelegate())
      #expect(call.deliver(ByteBuffer(bytes: TestFrame.header(length: UInt32(size)))))
      for _ in 0 ..< 15 {
        #expect(call.deliver(ByteBuffer(repeating: 0, count: size / 16)))
      }
    }
  }

  @Test("There is no room behind what fails a unary call", arguments: [false, true])
  @available(GRPCWeb 1.0, *)
  func noRoomBehindFault(isSecondMessage: Bool) throws {
    let size = ServerCallState.maximumBufferedBytes
    let delegate = TestDelegate()
    let call = try Self.call(Sonora_Test_Echo.Method.Get.descriptor, delegate: delegate)
    let start =
      isSecondMessage
      ? TestFrame(payload: Array(repeating: 0, count: size)).bytes
      : TestFrame.header(length: .max)
    #expect(call.deliver(ByteBuffer(bytes: start)))
    #expect(!call.deliver(ByteBuffer(repeating: 0, count: size)))
    #expect(throws: RPCError.self) {
      while try call.nextRequestEvent() != .end {}
    }
    #expect(delegate.outputs.value == 1)
  }

  @Test("A reader goes on with each delivery, with the end, and with the end of the call")
  @available(GRPCWeb 1.0, *)
  func readerResumes() async throws {
    let call = try Self.call(delegate: TestDelegate())
    let received = Recorder<Int>()
    let reader = Task {
      let request = ServerCall.DeliveredRequestSequence(call: call)
      for try await part in request {
        if case .message(let message) = part {
          received.append(message.count)
        }
      }
    }
    for size in 1 ... 3 {
      let frame = TestFrame(payload: Array(repeating: 0, count: size)).bytes
      // The message arrives in two deliveries, of which the first doesn't complete it.
      _ = call.deliver(ByteBuffer(bytes: frame.dropLast()))
      _ = call.deliver(ByteBuffer(bytes: frame.suffix(1)))
      try await eventually("the message is read") { received.values.count == size }
    }
    _ = call.deliver(nil)
    try await within(defaultTimeout, "reading ends") { try await reader.value }
    #expect(received.values == [1, 2, 3])
  }

  @Test("A reader that waits ends with the call, or with its task", arguments: [false, true])
  @available(GRPCWeb 1.0, *)
  func readerOfFailedCall(isTaskCancelled: Bool) async throws {
    let call = try Self.call(delegate: TestDelegate())
    let isWaiting = Gate()
    let reader = Task {
      var request = ServerCall.DeliveredRequestSequence(call: call).makeAsyncIterator()
      _ = try await request.next()
      isWaiting.open()
      return try await request.next()
    }
    try await isWaiting.pass()
    if isTaskCancelled {
      reader.cancel()
    } else {
      call.fail(.deadlineExceeded)
    }
    let result = try await within(defaultTimeout, "reading ends") { await reader.result }
    if isTaskCancelled {
      #expect(throws: CancellationError.self) { try result.get() }
    } else {
      #expect(throws: RPCError.deadlineExceeded) { try result.get() }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Writes a part of the response as a service does.
  fileprivate func write(_ part: RPCResponsePart<GRPCWebMessage>) async throws {
    try await ResponseWriter(call: self).write(part)
  }
}
