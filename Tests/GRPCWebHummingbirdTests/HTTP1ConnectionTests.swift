import NIOHTTP1
import Testing

@testable import GRPCWebHummingbird

@Suite("HTTP/1.1 connection")
struct HTTP1ConnectionTests {
  private static func head(
    _ method: HTTPMethod = .POST,
    version: HTTPVersion = .http1_1,
    _ fields: [(String, String)] = []
  ) -> HTTPRequestHead {
    HTTPRequestHead(
      version: version,
      method: method,
      uri: "/",
      headers: HTTPHeaders(fields)
    )
  }

  /// Returns a connection on which a request with a head has been received.
  private static func connection(
    after head: HTTPRequestHead
  ) -> HTTP1Connection {
    var connection = HTTP1Connection()
    _ = connection.requestBegan(head, isCall: false, expectsContinue: false)
    _ = connection.requestEnded()
    return connection
  }

  @Test("A connection goes on behind a usual request")
  func usual() {
    var connection = Self.connection(after: Self.head())
    #expect(connection.wantsMore)
    #expect(connection.lastVersion == nil)
    connection.responseBegan()
    #expect(connection.responseEnded() == .none)
    #expect(!connection.isDone)
    let next = connection.requestBegan(Self.head(), isCall: false, expectsContinue: false)
    #expect(next == .handOn)
  }

  @Test(
    "Nothing is read behind the last request, and its response closes the connection",
    arguments: [
      head(version: .http1_0),
      head(version: .init(major: 0, minor: 9)),
      head(.CONNECT),
      head(.GET, [("connection", "upgrade"), ("Upgrade", "h2c")]),
      head(.GET, [("upgrade", "")]),
    ]
  )
  func last(head: HTTPRequestHead) {
    var connection = HTTP1Connection()
    let first = connection.requestBegan(head, isCall: false, expectsContinue: false)
    #expect(first == .handOn)
    #expect(connection.wantsMore)
    let isBodyWanted = connection.bodyCame()
    #expect(isBodyWanted)
    let isEndWanted = connection.requestEnded()
    #expect(isEndWanted)
    #expect(!connection.wantsMore)
    #expect(connection.lastVersion == head.version)

    let next = connection.requestBegan(Self.head(), isCall: false, expectsContinue: false)
    #expect(next == .drop)
    let isNextBodyWanted = connection.bodyCame()
    #expect(!isNextBodyWanted)
    let isNextEndWanted = connection.requestEnded()
    #expect(!isNextEndWanted)

    connection.responseBegan()
    #expect(connection.responseEnded() == .closeWhenWritten)
    #expect(connection.isDone)
  }

  @Test("A response that ends before the last request closes the connection behind the request")
  func earlyEnd() {
    var connection = HTTP1Connection()
    _ = connection.requestBegan(
      Self.head(version: .http1_0),
      isCall: false,
      expectsContinue: false
    )
    connection.responseBegan()
    #expect(connection.responseEnded() == .closeWhenWritten)
    #expect(!connection.isDone)
    #expect(connection.wantsMore)
    let isEndWanted = connection.requestEnded()
    #expect(isEndWanted)
    #expect(connection.isDone)
  }

  @Test("Responses before the last don't close the connection")
  func pipelined() {
    var connection = Self.connection(after: Self.head())
    _ = connection.requestBegan(Self.head(.CONNECT), isCall: false, expectsContinue: false)
    _ = connection.requestEnded()
    #expect(connection.lastVersion == nil)
    #expect(connection.responseEnded() == .none)
    #expect(connection.lastVersion == .http1_1)
    #expect(connection.responseEnded() == .closeWhenWritten)
  }

  @Test(
    "A client that waits gets a 100 (Continue) at once where no other response comes before its own"
  )
  func expectation() {
    var connection = HTTP1Connection()
    let first = connection.requestBegan(Self.head(), isCall: true, expectsContinue: true)
    #expect(first == .handOnAndContinue)
  }

  @Test("HTTP/1.0 has no interim responses")
  func expectationOfOldClient() {
    var connection = HTTP1Connection()
    let action = connection.requestBegan(
      Self.head(version: .http1_0),
      isCall: true,
      expectsContinue: true
    )
    #expect(action == .handOn)
  }

  @Test("A client that waits gets a 100 (Continue) behind the responses before its own")
  func expectationBehindOthers() {
    var connection = Self.connection(after: Self.head())
    _ = connection.requestBegan(Self.head(), isCall: false, expectsContinue: false)
    _ = connection.requestEnded()
    let third = connection.requestBegan(Self.head(), isCall: true, expectsContinue: true)
    #expect(third == .handOn)
    #expect(connection.responseEnded() == .none)
    #expect(connection.responseEnded() == .sendContinue)
    #expect(connection.responseEnded() == .none)
  }

  @Test("A client that doesn't wait any more gets no 100 (Continue)")
  func expectationOverdue() {
    var connection = Self.connection(after: Self.head())
    _ = connection.requestBegan(Self.head(), isCall: true, expectsContinue: true)
    _ = connection.bodyCame()
    #expect(connection.responseEnded() == .none)
  }

  @Test("A connection knows whether the next response is a call's")
  func calls() {
    var connection = HTTP1Connection()
    #expect(!connection.isAnsweringCall)
    for isCall in [false, true] {
      _ = connection.requestBegan(Self.head(), isCall: isCall, expectsContinue: false)
      _ = connection.requestEnded()
    }
    #expect(!connection.isAnsweringCall)
    _ = connection.responseEnded()
    #expect(connection.isAnsweringCall)
    _ = connection.responseEnded()
    #expect(!connection.isAnsweringCall)
  }
}
