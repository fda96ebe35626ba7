import GRPCCore
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("The decoder of a body")
struct BodyDecoderTests {
  enum State: String, CaseIterable {
    case receiving, ended, failed

    @available(GRPCWeb 1.0, *)
    func makeDecoder() -> BodyDecoder {
      var decoder = BodyDecoder(mode: .text, maximumMessageSize: 100)
      switch self {
      case .receiving:
        break
      case .ended:
        decoder.receiveEnd()
      case .failed:
        decoder.receive(ByteBuffer(string: "%%%%"))
      }
      return decoder
    }
  }

  private static let frame = ByteBuffer(bytes: Fixture.base64(Fixture.frame([1])))

  @Test("Only a body that is being received takes bytes", arguments: State.allCases)
  @available(GRPCWeb 1.0, *)
  func bytes(state: State) throws {
    var decoder = state.makeDecoder()
    decoder.receive(Self.frame)
    #expect(decoder.hasWholeFrame == (state == .receiving))
    switch state {
    case .receiving:
      let frame = try decoder.next()
      #expect(frame == .message(GRPCWebMessage([1])))
    case .ended:
      let frame = try decoder.next()
      #expect(frame == nil)
    case .failed:
      let error = #expect(throws: RPCError.self) { try decoder.next() }
      #expect(error?.code == .internalError)
    }
  }

  @Test("The end of a body is its end once, and none behind a fault", arguments: State.allCases)
  @available(GRPCWeb 1.0, *)
  func end(state: State) {
    var decoder = state.makeDecoder()
    #expect(decoder.isEnded == (state == .ended))
    #expect(decoder.isComplete == (state != .receiving))
    #expect(decoder.hasRest == (state == .failed))
    decoder.receiveEnd()
    #expect(decoder.isEnded == (state != .failed))
    #expect(decoder.isComplete)
  }

  @Test("Frames before a fault are good")
  @available(GRPCWeb 1.0, *)
  func framesBeforeFault() throws {
    var decoder = State.receiving.makeDecoder()
    decoder.receive(Self.frame)
    decoder.receive(ByteBuffer(string: "%%%%"))
    let frame = try decoder.next()
    #expect(frame == .message(GRPCWebMessage([1])))
    let error = #expect(throws: RPCError.self) { try decoder.next() }
    #expect(error?.message == "The body isn't valid base64.")
  }

  @Test("A body that ends inside a frame, or inside a group of base64, is malformed")
  @available(GRPCWeb 1.0, *)
  func truncated() {
    for text in [Fixture.base64([0, 0, 0]), Array("AAA".utf8)] {
      var decoder = State.receiving.makeDecoder()
      decoder.receive(ByteBuffer(bytes: text))
      let before = Result { try decoder.next() }
      #expect(throws: Never.self) { try before.get() }
      decoder.receiveEnd()
      let error = #expect(throws: RPCError.self) { try decoder.next() }
      #expect(error?.code == .internalError)
    }
  }
}
