internal import GRPCCore
internal import NIOCore

/// Where a call is: its exchange, and who waits for what of it.
@available(GRPCWeb 1.0, *)
struct ServerCallState {
  var stateMachine: ServerCallStateMachine
  /// The asynchronous delegate, while it waits for something to send.
  var outputWaiter: CheckedContinuation<Void, Never>?
  /// The delegate on an event loop, to be told when there is something to send.
  let delegate: (any ServerCallDelegate)?
  /// Whether the delegate has been told, and hasn't taken it yet.
  var isDelegateNotified = false
  /// Whether the delegate holds back bytes of the request until there is room for them.
  var isDelegateWaiting = false
  /// The service, while it waits for bytes of the request from a delegate on an event loop.
  var readers = SuspendedTasks()
  /// The writers that wait until something has been sent.
  var writers = SuspendedTasks()
  /// Whether the service is being handed a part of the request right now.
  var isReading = false
  var readingEnded: CheckedContinuation<Void, Never>?
  /// What stops the service.
  var service: (task: Task<Void, Never>, deadline: Task<Void, Never>?)?
  var cancellation: ServerContext.RPCCancellationHandle?
  var isServiceDone = false
  /// Whether the error that the service threw has been logged.
  var isErrorLogged = false

  init(stateMachine: ServerCallStateMachine, delegate: (any ServerCallDelegate)?) {
    self.stateMachine = stateMachine
    self.delegate = delegate
  }

  /// How many bytes of the request may wait for the service, in a call that is handed them as they
  /// come; one message may take more.
  static let maximumBufferedBytes = 64 * 1024

  /// Takes what came of the request's body, `nil` for its end.
  mutating func receive(_ bytes: ByteBuffer?) {
    if let bytes = bytes {
      self.stateMachine.receive(bytes)
    } else {
      self.stateMachine.receiveEnd()
    }
  }

  /// Whether the service, if it waits, can go on reading.
  var isReadable: Bool {
    self.stateMachine.hasRequestEvent || self.stateMachine.status != nil
  }

  /// Whether more of the request may be received: what is there isn't enough for the service to go
  /// on, or it isn't much.
  var hasRoom: Bool {
    !self.isReadable || self.stateMachine.bufferedBytes < Self.maximumBufferedBytes
  }

  /// Takes those who can go on.
  ///
  /// - Returns: `nil` if nobody can, as mostly.
  mutating func takeWaiting() -> Waiting? {
    let hasOutput = self.stateMachine.hasOutput
    guard
      self.isDelegateWaiting || !self.readers.isEmpty || !self.writers.isEmpty
        || hasOutput
          && (self.outputWaiter != nil || self.delegate != nil && !self.isDelegateNotified)
    else {
      return nil
    }

    var waiting = Waiting()
    waiting.delegateWithRoom = self.takeDelegateWaitingForRoom()
    if hasOutput {
      waiting.outputWaiter = self.outputWaiter.take()
      if !self.isDelegateNotified {
        self.isDelegateNotified = true
        waiting.delegateWithOutput = self.delegate
      }
    }
    if self.stateMachine.isWritable {
      waiting.writers = self.writers.takeAll()
    }
    waiting.readers = self.takeReaders()
    return waiting
  }

  /// Takes the delegate, if it holds back bytes of the request and there is room for them.
  mutating func takeDelegateWaitingForRoom() -> (any ServerCallDelegate)? {
    guard self.isDelegateWaiting && self.hasRoom else { return nil }
    self.isDelegateWaiting = false
    return self.delegate
  }

  /// Takes those who wait for the request, if they can go on.
  mutating func takeReaders() -> [CheckedContinuation<Void, any Error>] {
    if self.readers.isEmpty || !self.isReadable {
      return []
    }
    return self.readers.takeAll()
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallState {
  /// Those who have waited for what has happened; resumed outside of the lock.
  struct Waiting {
    var outputWaiter: CheckedContinuation<Void, Never>?
    var delegateWithOutput: (any ServerCallDelegate)?
    var delegateWithRoom: (any ServerCallDelegate)?
    var readers: [CheckedContinuation<Void, any Error>] = []
    var writers: [CheckedContinuation<Void, any Error>] = []

    func resume(_ call: ServerCall) {
      self.outputWaiter?.resume()
      self.delegateWithOutput?.outputIsReady(of: call)
      self.delegateWithRoom?.hasRoom(for: call)
      for reader in self.readers {
        reader.resume()
      }
      for writer in self.writers {
        writer.resume()
      }
    }
  }
}
