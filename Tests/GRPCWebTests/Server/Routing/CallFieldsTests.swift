import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Call fields")
struct CallFieldsTests {
  @Test("Each field is found, whatever the case of its name")
  @available(GRPCWeb 1.0, *)
  func all() throws {
    let fields = CallFields(
      try Fixture.fields([
        ("Accept", "a"), ("ORIGIN", "b"), ("content-type", "c"), ("Content-Encoding", "d"),
        ("grpc-encoding", "e"), ("grpc-accept-encoding", "f"), ("Grpc-Timeout", "g"),
        // Fields to be ignored, whose names are as long as those looked for.
        ("x-long", "no"), ("x-long-name1", "no"), ("x-longer-name", "no"),
        ("x-longest-name12", "no"), ("x-longest-name123456", "no"),
      ])
    )
    #expect(fields.accept == "a")
    #expect(fields.origin == "b")
    #expect(fields.contentType == "c")
    #expect(fields.contentEncoding == "d")
    #expect(fields.encoding == "e")
    #expect(fields.acceptEncoding == "f")
    #expect(fields.timeout == "g")
  }

  @Test("A head without them has none")
  @available(GRPCWeb 1.0, *)
  func none() {
    let fields = CallFields([.userAgent: "test"])
    #expect(fields == CallFields([:]))
    #expect(fields.contentType == nil)
    #expect(fields.hasPlainBody)
  }

  @Test("Fields of one name are one list, joined in time linear in it")
  @available(GRPCWeb 1.0, *)
  func lists() throws {
    let few = Self.joining(3000)
    let many = Self.joining(60_000)
    #expect(few.accept?.utf8.count == 3000 * 24 - 2)
    #expect(many.accept?.utf8.count == 60_000 * 24 - 2)
    // Joining 20 times as many fields would take 400 times as long in quadratic time.
    #expect(many.cost < few.cost * 100)
  }

  /// Joins `count` fields, and returns the shortest time of several runs, since other tests run at
  /// the same time.
  @available(GRPCWeb 1.0, *)
  private static func joining(_ count: Int) -> (accept: String?, cost: Duration) {
    var fields = HTTPFields()
    for _ in 0 ..< count {
      fields.append(HTTPField(name: .accept, value: "application/json;q=0.1"))
    }
    let clock = ContinuousClock()
    var accept: String?
    var cost = Duration.seconds(600)
    for _ in 0 ..< 3 {
      cost = min(cost, clock.measure { accept = CallFields(fields).accept })
    }
    return (accept, cost)
  }
}
