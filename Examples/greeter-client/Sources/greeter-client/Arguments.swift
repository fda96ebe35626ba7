import ArgumentParser
import Foundation
import GRPCCore
import GRPCWebAsyncHTTPClient

enum Client: String, CaseIterable, ExpressibleByArgument {
  case ahc
  case urlsession
  case blocking
}

enum Method: String, CaseIterable, ExpressibleByArgument {
  case sayHello = "say-hello"
  case sayHelloSlowly = "say-hello-slowly"
  case helloMetadata = "hello-metadata"
  case helloStreamMetadata = "hello-stream-metadata"
  case abort
  case unaryTimeout = "unary-timeout"
  case streamTimeout = "stream-timeout"
}

enum Mode: String, CaseIterable, ExpressibleByArgument {
  case binary
  case text

  var bodyMode: GRPCWebMode {
    self == .text ? .text : .binary
  }
}

enum Compression: String, CaseIterable, ExpressibleByArgument {
  case none
  case gzip
  case deflate

  var algorithm: CompressionAlgorithm {
    switch self {
    case .none:
      return .none
    case .gzip:
      return .gzip
    case .deflate:
      return .deflate
    }
  }
}

/// A pair of metadata to send.
struct Header: ExpressibleByArgument {
  var key: String
  var value: Metadata.Value

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    self.key = parts[0].trimmingCharacters(in: .whitespaces).lowercased()
    let text = parts[1].trimmingCharacters(in: .whitespaces)

    if self.key.hasSuffix("-bin") {
      guard let data = Data(base64Encoded: text) else { return nil }
      self.value = .binary(Array(data))
    } else {
      self.value = .string(text)
    }
  }
}
