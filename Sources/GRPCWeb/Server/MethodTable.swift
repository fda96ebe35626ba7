internal import GRPCCore

/// The paths of the registered methods.
@available(GRPCWeb 1.0, *)
struct MethodTable: Sendable {
  private var methods: [String: MethodDescriptor] = [:]

  init(_ methods: [MethodDescriptor]) {
    for method in methods {
      self.methods["/\(method.fullyQualifiedMethod)"] = method
    }
  }

  /// Returns the method registered for a path, which is compared with case and without its query.
  func method(forPath path: String) -> MethodDescriptor? {
    if let method = self.methods[path] {
      return method
    }
    guard let query = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
    return self.methods[String(path[..<query])]
  }

  /// Returns the method that a path names, registered or not, `nil` where it has not the form of
  /// one.
  static func descriptor(forPath path: String) -> MethodDescriptor? {
    let path = path.prefix { $0 != "?" }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].isEmpty, !parts[1].isEmpty, !parts[2].isEmpty else {
      return nil
    }
    return MethodDescriptor(fullyQualifiedService: String(parts[1]), method: String(parts[2]))
  }
}
