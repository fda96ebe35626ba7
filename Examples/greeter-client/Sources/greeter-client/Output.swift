import Foundation
import GRPCCore

/// Prints messages as they come, and what else there is to say beside them.
struct Output: Sendable {
  var printsMetadata: Bool

  /// Prints a message.
  func write(_ message: String) {
    FileHandle.standardOutput.write(Data("\(message)\n".utf8))
  }

  /// Prints metadata, if asked to.
  func write(initial metadata: Metadata) {
    self.write(metadata, kind: "initial")
  }

  /// Prints metadata, if asked to.
  func write(trailing metadata: Metadata) {
    self.write(metadata, kind: "trailing")
  }

  /// Prints why a call failed.
  func write(_ error: RPCError) {
    self.write(trailing: error.metadata)
    self.writeAside("\(error.code): \(error.message)")
  }

  private func write(_ metadata: Metadata, kind: String) {
    guard self.printsMetadata else { return }
    for (key, value) in metadata {
      let value = value.encoded()
      self.writeAside("\(kind) \(key): \(key.hasSuffix("-bin") ? value.withoutPadding : value)")
    }
  }

  private func writeAside(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }
}

extension String {
  fileprivate var withoutPadding: String {
    String(self.prefix { $0 != "=" })
  }
}
