internal import GRPCCore
internal import NIOCore

/// The state of a call under its lock: the state machine, and the tasks and the delegate that wait for its changes.
@available(GRPCWeb 1.0, *)
struct ServerCallState {
  /// How the body of the request is received.
  enum Receiving {
    /// More of the body may come.
    case open
    /// The delegate holds the body back until there is room for it.
    case full
    /// The service is reading from the body of an asynchronous adapter. The adapter, which then reads what the service
    /// leaves, waits for the end of that.
    case reading(endWaiter: CheckedContinuation<Void, Never>?)
  }

  /// The service that is called.
  enum Service {
    /// The task that runs the service hasn't been stored yet.
    case starting
    /// The service runs, and is to be stopped when the call ends early.
    case running(Task<Void, Never>, deadline: Task<Void, Never>?)
    /// The service has returned.
    case returned
  }

  var stateMachine: ServerCallStateMachine
  var service = Service.starting
  var cancellation: ServerContext.RPCCancellationHandle?
  var receiving = Receiving.open
  /// Tasks of the service that wait for the body which the delegate delivers.
  var readers = Waiters()
  /// Tasks of the service that wait until output has been sent.
  var writers = Waiters()
  /// The asynchronous adapter, while it waits for output.
  var outputWaiter: CheckedContinuation<Void, Never>?
  /// The adapter on an event loop.
  let delegate: (any ServerCallDelegate)?
  /// Whether the delegate knows of output that it hasn't taken yet.
  var isDelegateNotified = false
  /// Whether the error that the service threw has been logged.
  var isErrorLogged = false

  init(stateMachine: ServerCallStateMachine, delegate: (any ServerCallDelegate)?) {
    self.stateMachine = stateMachine
    self.delegate = delegate
  }

  /// The status of a call that has failed and whose error hasn't been logged.
  var failureToLog: Status? {
    guard let status = self.stateMachine.status, status.code != .ok else { return nil }
    return self.isErrorLogged ? nil : status
  }

  /// The number of bytes of the request that may wait for the service, if a delegate delivers them; one message may
  /// take more.
  static let maximumBufferedBytes = 64 * 1024

  /// Receives bytes of the request's body, `nil` for its end.
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

  /// Whether more of the request may be received: the bytes buffered are few, or not enough for the service to go on.
  var hasRoom: Bool {
    !self.isReadable || self.stateMachine.bufferedBytes < Self.maximumBufferedBytes
  }

  /// Whether the service has returned.
  var isServiceReturned: Bool {
    if case .returned = self.service { true } else { false }
  }

  /// Whether the delegate holds the body back.
  private var isFull: Bool {
    if case .full = self.receiving { true } else { false }
  }

  /// Removes and returns the waiters that can go on; `nil` (the usual case) if there are none.
  mutating func takeWaiting() -> Waiting? {
    let hasOutput = self.stateMachine.hasOutput
    guard
      self.isFull || !self.readers.isEmpty || !self.writers.isEmpty
        || hasOutput
          && (self.outputWaiter != nil || self.delegate != nil && !self.isDelegateNotified)
    else {
      return nil
    }

    var waiting = Waiting()
    waiting.delegateWithRoom = self.takeDelegateIfRoom()
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

  /// Lets the delegate go on receiving, if it holds the body back and there is room.
  ///
  /// - Returns: The delegate, if it is to be notified.
  mutating func takeDelegateIfRoom() -> (any ServerCallDelegate)? {
    guard self.isFull && self.hasRoom else { return nil }
    self.receiving = .open
    return self.delegate
  }

  /// Removes and returns the readers, if they can go on.
  mutating func takeReaders() -> [Waiters.Waiter] {
    if self.readers.isEmpty || !self.isReadable {
      return []
    }
    return self.readers.takeAll()
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallState {
  /// The tasks that can go on, and the delegate if it has to be notified; both outside of the lock.
  struct Waiting {
    var outputWaiter: CheckedContinuation<Void, Never>?
    var delegateWithOutput: (any ServerCallDelegate)?
    var delegateWithRoom: (any ServerCallDelegate)?
    var readers: [Waiters.Waiter] = []
    var writers: [Waiters.Waiter] = []

    /// Resumes the tasks and notifies the delegate of the call.
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
