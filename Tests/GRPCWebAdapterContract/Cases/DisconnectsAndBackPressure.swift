internal import GRPCCore
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Clients that disconnect.
  static let disconnects: [[ContractCase]] = [
    .one("Requirement 25: a client that goes away cancels a handler that writes") { adapter in
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
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call("Expand", texts: [""]))
        _ = try await connection.peekResponse { $0.frames.count > 3 }
        await connection.close()

        try await taskCancelled.pass("the handler's task is cancelled")
        try await handleCancelled.pass("the RPC's cancellation handle is cancelled")
        try await app.expectGoodCall()
      }
    },

    .each(
      [true, false],
      "Requirement 25: a client that goes away ends a handler that reads"
    ) { adapter, isAbrupt in
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
      try await adapter.serve(service) { app in
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
    },
  ]

  /// Readers that are slower than writers.
  static let backPressure: [[ContractCase]] = [
    .one("Requirement 26: a client that doesn't read stops the writer") { adapter in
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
      try await adapter.serve(service) { app in
        let connection = try await app.connect(isReading: false)
        try await connection.send(try RawRequest.call("Expand", texts: [""]))
        try await eventually("something is written") { written.values.count > 1 }

        // The buffers of both sockets hold some megabytes.
        let count = try await settled("the number of messages written") { written.values.count }
        #expect(count * size < 64 * 1024 * 1024)

        try await connection.setReading(true)
        try await eventually("the writer goes on") { written.values.count > count }
        await connection.close()
        try await ended.pass("the handler ends")
      }
    },

    .one("Requirement 26: a service that doesn't read stops the client") { adapter in
      let release = Gate()
      defer { release.open() }
      let service = ScriptedService(
        onCollect: { request, _ in
          try await release.pass()
          let count = try await request.messages.reduce(into: 0) { count, _ in count += 1 }
          return ServerResponse(message: .with { $0.text = "\(count)" })
        }
      )
      try await adapter.serve(service) { app in
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
        try await within(defaultTimeout, "everything is sent") { try await sender.value }
        #expect(try await connection.readResponse().texts == ["\(total)"])
      }
    },
  ]
}
