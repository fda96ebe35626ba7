internal import GRPCWebTestSupport

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A port on loopback that answers no packet of who connects to it, as a host behind a firewall does.
///
/// Its queue of connections is full, and nobody accepts them.
@available(GRPCWeb 1.0, *)
public enum BlackHole {
  /// Opens such a port while a closure uses it.
  ///
  /// - Parameter body: Is handed the URL.
  public static func run<Result>(
    _ body: (_ url: String) async throws -> Result
  ) async throws -> Result {
    var descriptors: [CInt] = []
    defer {
      for descriptor in descriptors {
        close(descriptor)
      }
    }

    let listener = try Self.makeSocket(&descriptors)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    guard Self.withAddress(&address, { bind(listener, $0, $1) }) == 0, listen(listener, 0) == 0
    else {
      throw TestTimeout(description: "There is no port to listen on: \(errno).")
    }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutableBytes(of: &address) { bytes in
      getsockname(listener, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }

    // More than fit into the queue; they don't block.
    for _ in 0 ..< 4 {
      let client = try Self.makeSocket(&descriptors)
      _ = fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK)
      _ = Self.withAddress(&address) { connect(client, $0, $1) }
    }
    return try await body("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
  }

  private static func makeSocket(_ descriptors: inout [CInt]) throws -> CInt {
    #if canImport(Darwin)
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else {
      throw TestTimeout(description: "There is no socket: \(errno).")
    }
    descriptors.append(descriptor)
    return descriptor
  }

  private static func withAddress(
    _ address: inout sockaddr_in,
    _ body: (UnsafePointer<sockaddr>?, socklen_t) -> CInt
  ) -> CInt {
    withUnsafeBytes(of: &address) { bytes in
      body(
        bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_in>.size)
      )
    }
  }
}
