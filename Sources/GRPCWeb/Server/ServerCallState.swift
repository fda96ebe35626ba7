internal import GRPCCore
internal import NIOCore

/// Where a call is: its exchange, and who waits for what of it.
@available(GRPCWeb 1.0, *)
struct ServerCallState {
  var exchange: ServerExchange
  /// The asynchronous front, while it waits for something to send.
  var sender: CheckedContinuation<Void, Never>?
  /// The front on an event loop, to be told when there is something to send.
  let front: (any ServerCallFront)?
  /// Whether the front has been told, and hasn't taken it yet.
  var isFrontTold = false
  /// Whether the front holds back bytes of the request until there is room for them.
  var isFrontWaiting = false
  /// The service, while it waits for bytes of the request from a front on an event loop.
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

  init(exchange: ServerExchange, front: (any ServerCallFront)?) {
    self.exchange = exchange
    self.front = front
  }

  /// How many bytes of the request may wait for the service, in a call that is handed them as they
  /// come; one message may take more.
  static let maximumUnreadBytes = 64 * 1024

  /// Takes what came of the request's body, `nil` for its end.
  mutating func receive(_ bytes: ByteBuffer?) {
    if let bytes = bytes {
      self.exchange.receive(bytes)
    } else {
      self.exchange.receiveEnd()
    }
  }

  /// Whether the service, if it waits, can go on reading.
  var isReadable: Bool {
    self.exchange.hasRequestEvent || self.exchange.status != nil
  }

  /// Whether more of the request may be received: what is there isn't enough for the service to go
  /// on, or it isn't much.
  var hasRoom: Bool {
    !self.isReadable || self.exchange.unreadBytes < Self.maximumUnreadBytes
  }

  /// Takes those who can go on.
  ///
  /// - Returns: `nil` if nobody can, as mostly.
  mutating func takeWaiting() -> Waiting? {
    let hasOutput = self.exchange.hasOutput
    guard
      self.isFrontWaiting || !self.readers.isEmpty || !self.writers.isEmpty
        || hasOutput && (self.sender != nil || self.front != nil && !self.isFrontTold)
    else {
      return nil
    }

    var waiting = Waiting()
    waiting.frontWithRoom = self.takeFrontWaitingForRoom()
    if hasOutput {
      waiting.sender = self.sender.take()
      if !self.isFrontTold {
        self.isFrontTold = true
        waiting.frontWithOutput = self.front
      }
    }
    if self.exchange.isWritable {
      waiting.writers = self.writers.takeAll()
    }
    waiting.readers = self.takeReaders()
    return waiting
  }

  /// Takes the front, if it holds back bytes of the request and there is room for them.
  mutating func takeFrontWaitingForRoom() -> (any ServerCallFront)? {
    guard self.isFrontWaiting && self.hasRoom else { return nil }
    self.isFrontWaiting = false
    return self.front
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
    var sender: CheckedContinuation<Void, Never>?
    var frontWithOutput: (any ServerCallFront)?
    var frontWithRoom: (any ServerCallFront)?
    var readers: [CheckedContinuation<Void, any Error>] = []
    var writers: [CheckedContinuation<Void, any Error>] = []

    func resume(_ call: ServerCall) {
      self.sender?.resume()
      self.frontWithOutput?.outputIsReady(of: call)
      self.frontWithRoom?.hasRoom(for: call)
      for reader in self.readers {
        reader.resume()
      }
      for writer in self.writers {
        writer.resume()
      }
    }
  }
}
