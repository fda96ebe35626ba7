import ArgumentParser
import GRPCWebAsyncHTTPClient

/// The client that makes the calls.
enum ClientKind: String, CaseIterable, ExpressibleByArgument {
  case ahc
  /// AsyncHTTPClient, never over HTTP/2.
  case ahcHTTP1 = "ahc-http1"
  case urlsession
  case blocking
  /// gRPC Swift's own: not gRPC-Web, but gRPC over HTTP/2.
  case http2
}

enum Mode: String, CaseIterable, ExpressibleByArgument {
  case binary
  case text

  var bodyMode: GRPCWebMode {
    self == .text ? .text : .binary
  }
}

/// The cases to run.
struct CaseSelection: ExpressibleByArgument {
  static let all = CaseSelection(cases: TestCase.allCases)

  var cases: [TestCase]

  init(cases: [TestCase]) {
    self.cases = cases
  }

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let testCase = TestCase(rawValue: argument) {
      self.cases = [testCase]
    } else {
      return nil
    }
  }
}
