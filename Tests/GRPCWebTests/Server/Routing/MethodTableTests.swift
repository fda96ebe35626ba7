import GRPCCore
import Testing

@testable import GRPCWeb

@Suite("Method table")
struct MethodTableTests {
  @available(GRPCWeb 1.0, *)
  private static var table: MethodTable {
    MethodTable([
      MethodDescriptor(fullyQualifiedService: "a.b.Service", method: "Get", type: .unary),
      MethodDescriptor(fullyQualifiedService: "Plain", method: "Watch", type: .serverStreaming),
      MethodDescriptor(fullyQualifiedService: "Plain", method: "Unknown"),
    ])
  }

  @Test(
    "Requirement 1: a path is compared with case, its query is ignored",
    arguments: [
      ("/a.b.Service/Get", "a.b.Service/Get"),
      ("/a.b.Service/Get?", "a.b.Service/Get"),
      ("/a.b.Service/Get?a=b&c=/d?e", "a.b.Service/Get"),
      ("/Plain/Watch", "Plain/Watch"),
      ("/a.b.service/Get", nil),
      ("/a.b.Service/get", nil),
      ("/a.b.Service/Get/", nil),
      ("/a.b.Service/Get#", nil),
      ("/a.b.Service/Ge", nil),
      ("/a.b.Service/Gett", nil),
      ("/a.b.Service", nil),
      ("/a.b.Service/Watch", nil),
      ("a.b.Service/Get", nil),
      ("//a.b.Service/Get", nil),
      ("/prefix/a.b.Service/Get", nil),
      ("/a%2eb.Service/Get", nil),
      ("?/a.b.Service/Get", nil),
      ("/", nil),
      ("", nil),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func lookup(path: String, name: String?) {
    #expect(Self.table.method(forPath: path)?.fullyQualifiedMethod == name)
  }

  @Test("Requirement 6: the registered type of a method is kept")
  @available(GRPCWeb 1.0, *)
  func types() {
    #expect(Self.table.method(forPath: "/a.b.Service/Get")?.type == .unary)
    #expect(Self.table.method(forPath: "/Plain/Watch")?.type == .serverStreaming)
    #expect(Self.table.method(forPath: "/Plain/Unknown")?.type == nil)
  }

  @Test("A table without methods has none")
  @available(GRPCWeb 1.0, *)
  func empty() {
    #expect(MethodTable([]).method(forPath: "/a.b.Service/Get") == nil)
  }

  @Test(
    "Requirement 2: what has the form of a method's path, registered or not",
    arguments: [
      ("/any.Service/Method", "any.Service/Method"),
      ("/any.Service/Method?a=/b/c", "any.Service/Method"),
      ("/a/b", "a/b"),
      ("/a/b/", nil),
      ("/a/b/c", nil),
      ("/a", nil),
      ("/a/", nil),
      ("//b", nil),
      ("//", nil),
      ("/", nil),
      ("", nil),
      ("a/b", nil),
      ("a/b/c", nil),
      ("?/a/b", nil),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func form(path: String, name: String?) {
    let method = MethodTable.descriptor(forPath: path)
    #expect(method?.fullyQualifiedMethod == name)
    #expect(method?.type == nil)
  }

  @Test("Requirement 8: a path is compared by bytes: canonically equivalent ones are others")
  @available(GRPCWeb 1.0, *)
  func bytewise() {
    let composed = "/test.S\u{e9}rvice/Get"
    let table = MethodTable([
      MethodDescriptor(fullyQualifiedService: "test.Service", method: "Kick"),
      MethodDescriptor(fullyQualifiedService: "test.S\u{e9}rvice", method: "Get"),
    ])
    #expect(table.method(forPath: "/test.Service/Kick") != nil)
    #expect(table.method(forPath: "/test.Service/Kick?\u{301}") != nil)
    #expect(table.method(forPath: composed) != nil)
    // The Kelvin sign, which a String treats as K, and a letter with a combining accent.
    #expect(table.method(forPath: "/test.Service/\u{212a}ick") == nil)
    #expect(table.method(forPath: "/test.Service/\u{212a}ick?a=b") == nil)
    #expect(table.method(forPath: "/test.Se\u{301}rvice/Get") == nil)
  }

  @Test("The form of a path is one of bytes, whatever combines with its slashes")
  @available(GRPCWeb 1.0, *)
  func formBytewise() throws {
    // A String treats a slash and a combining character after it as one character other than a
    // slash.
    let method = try #require(MethodTable.descriptor(forPath: "/a/\u{301}b?\u{301}c"))
    #expect(Array(method.method.utf8) == Array("\u{301}b".utf8))
    #expect(method.service.fullyQualifiedService == "a")
  }
}
