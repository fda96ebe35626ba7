import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Metadata coding")
struct MetadataCodingTests {
  @available(GRPCWeb 1.0, *)
  private static func decode(_ pairs: [(name: String, value: String)]) throws -> Metadata {
    try MetadataCoding.decodeRequest(Fixture.fields(pairs))
  }

  @available(GRPCWeb 1.0, *)
  private static func encode(
    _ metadata: Metadata
  ) -> (fields: [[String]], rejected: [String]) {
    var fields = HTTPFields()
    var rejected: [String] = []
    MetadataCoding.encodeResponse(metadata, into: &fields) { rejected.append($0) }
    return (fields.map { [$0.name.rawName, $0.value] }, rejected)
  }

  // From a request

  @Test(
    "Requirement 8: what is gRPC's or HTTP's own isn't metadata",
    arguments: [
      "accept", "accept-encoding", "connection", "content-encoding", "content-length",
      "content-type", "expect", "host", "keep-alive", "origin", "proxy-connection", "te",
      "trailer", "transfer-encoding", "upgrade", "x-grpc-web", "grpc-encoding",
      "grpc-accept-encoding", "grpc-status", "grpc-message", "grpc-anything",
      "access-control-request-headers", "access-control-request-method", "Content-Type",
      "Grpc-Encoding", "X-Grpc-Web",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func leavesOut(name: String) throws {
    let metadata = try Self.decode([("x-before", "1"), (name, "value"), ("x-after", "2")])
    #expect(metadata == ["x-before": "1", "x-after": "2"])
  }

  @Test(
    "Requirement 8: what gRPC hands to applications by convention is kept",
    arguments: [
      "user-agent", "x-user-agent", "authorization", "cookie", "grpc-timeout", "x-request-id",
      "referer", "key", "a", "grpc", "grpcfoo",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func keeps(name: String) throws {
    #expect(try Self.decode([(name, "a value")]) == [name: "a value"])
  }

  @Test("Requirement 8: names are lower-case")
  @available(GRPCWeb 1.0, *)
  func lowerCase() throws {
    let metadata = try Self.decode([("X-Key", "Value"), ("X-Data-BIN", "Zg")])
    #expect(metadata.map(\.key) == ["x-key", "x-data-bin"])
    #expect(Array(metadata[stringValues: "x-key"]) == ["Value"])
    #expect(Array(metadata[binaryValues: "x-data-bin"]) == [[0x66]])
  }

  @Test("Requirement 8: repeated names keep all their values, in order")
  @available(GRPCWeb 1.0, *)
  func repeatedNames() throws {
    let metadata = try Self.decode([
      ("x-b", "1"), ("x-a", "2"), ("X-B", "3"), ("x-b", ""), ("x-b", "1"), ("x-b", "4, 5"),
    ])
    #expect(Array(metadata[stringValues: "x-b"]) == ["1", "3", "", "1", "4, 5"])
    #expect(metadata.map(\.key) == ["x-b", "x-a", "x-b", "x-b", "x-b", "x-b"])
  }

  @Test(
    "Requirement 8: a binary value is split at commas before it is decoded, padded or not",
    arguments: [
      ("Zg", ["f"]), ("Zg==", ["f"]), ("Zm9v", ["foo"]), ("", [""]),
      ("Zg,Zm8", ["f", "fo"]), ("Zg==,Zm8=", ["f", "fo"]),
      ("Zg== , Zm8\t,Zm9v", ["f", "fo", "foo"]),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func binaryValues(value: String, expected: [String]) throws {
    let metadata = try Self.decode([("x-bin", value)])
    #expect(Array(metadata[binaryValues: "x-bin"]) == expected.map { Array($0.utf8) })
    #expect(metadata.count == expected.count)
  }

  @Test(
    "Requirement 8: an empty element of a list is no value, an empty list is one without bytes",
    arguments: [
      ("Zg,,Zg", ["f", "f"]), ("Zg,", ["f"]), (",Zg", ["f"]), (",", []), (" ,\t, ", []),
      ("", [""]), (" ", [""]),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func emptyElements(value: String, expected: [String]) throws {
    let metadata = try Self.decode([("x-bin", value)])
    #expect(Array(metadata[binaryValues: "x-bin"]) == expected.map { Array($0.utf8) })
    let trailing = try MetadataCoding.decodeTrailersOnly(Fixture.fields([("x-bin", value)]))
    #expect(trailing == metadata)
    var trailers: Metadata = [:]
    try MetadataCoding.decodeTrailer(value, forKey: "x-bin", into: &trailers)
    #expect(trailers == metadata)
  }

  @Test("The cost of a list is linear in it: commas alone cost next to nothing")
  @available(GRPCWeb 1.0, *)
  func costOfLists() throws {
    let clock = ContinuousClock()
    var metadata: Metadata = [:]
    let commas = String(repeating: ",", count: 2_000_000)
    let costOfCommas = try clock.measure { metadata = try Self.decode([("x-bin", commas)]) }
    #expect(metadata.isEmpty)
    let values = String(repeating: "AQ,", count: 20_000)
    let costOfValues = try clock.measure { metadata = try Self.decode([("x-bin", values)]) }
    #expect(metadata.count == 20_000)
    // The limit leaves room for a debug build; quadratic time would be a hundred times longer.
    #expect(costOfCommas < .seconds(5))
    #expect(costOfValues < .seconds(5))
  }

  @Test("Requirement 8: cookies are one value, however many fields they came in")
  @available(GRPCWeb 1.0, *)
  func cookies() throws {
    let metadata = try Self.decode([
      ("x-a", "1"), ("cookie", "a=1"), ("x-b", "2"), ("Cookie", "b=2; c=3"), ("cookie", "d=4"),
    ])
    #expect(Array(metadata[stringValues: "cookie"]) == ["a=1; b=2; c=3; d=4"])
    #expect(metadata.count == 3)
    #expect(try Self.decode([("cookie", "a=1; b=2")]) == ["cookie": "a=1; b=2"])
    #expect(try Self.decode([("cookie", "")]) == ["cookie": ""])
  }

  @Test("Text that is UTF-8 is passed on, as grpc-go and Envoy pass bytes on")
  @available(GRPCWeb 1.0, *)
  func utf8Text() throws {
    let text = "caf\u{e9} e\u{301} \u{1f600}"
    let metadata = try Self.decode([("x-key", text)])
    let values = Array(metadata[stringValues: "x-key"])
    #expect(values.map { Array($0.utf8) } == [Array(text.utf8)])
    let (fields, rejected) = Self.encode(["x-key": .string(text)])
    #expect(fields.map { Array($0[1].utf8) } == [Array(text.utf8)])
    #expect(rejected.isEmpty)
  }

  @Test("A value that wasn't UTF-8 is left out, and its key reported: it could stand for others")
  @available(GRPCWeb 1.0, *)
  func notUTF8() throws {
    var fields = try Fixture.fields([("x-before", "1"), ("x-city", "S\u{fffd}o Paulo")])
    let name = try #require(HTTPField.Name("x-bytes"))
    fields.append(HTTPField(name: name, value: [0x63, 0x61, 0x66, 0xe9] as [UInt8]))
    fields.append(HTTPField(name: name, value: "good"))
    var leftOut: [String] = []
    let metadata = try MetadataCoding.decodeRequest(fields) { leftOut.append($0) }
    #expect(metadata == ["x-before": "1", "x-bytes": "good"])
    #expect(leftOut == ["x-city", "x-bytes"])
  }

  @Test("Of cookies only those that weren't UTF-8 are left out")
  @available(GRPCWeb 1.0, *)
  func cookiesNotUTF8() throws {
    var leftOut: [String] = []
    let fields = try Fixture.fields([("cookie", "a=1; b=\u{fffd};c=3"), ("cookie", "d=4")])
    let metadata = try MetadataCoding.decodeRequest(fields) { leftOut.append($0) }
    #expect(metadata == ["cookie": "a=1; c=3; d=4"])
    #expect(leftOut == ["cookie"])

    let bad = try Fixture.fields([("cookie", "b=\u{fffd}")])
    #expect(try MetadataCoding.decodeRequest(bad) == [:])
  }

  @Test("Requirement 8: repeated binary names and lists keep all their values, in order")
  @available(GRPCWeb 1.0, *)
  func repeatedBinaryNames() throws {
    let metadata = try Self.decode([("x-bin", "AQ,Ag=="), ("x-bin", "Aw")])
    #expect(Array(metadata[binaryValues: "x-bin"]) == [[1], [2], [3]])
  }

  @Test(
    "Requirement 8: base64 that can't be decoded fails the call with a clear status",
    arguments: ["Z", "*", "Zm9v=", "-_-_", "Zg,*", "Zm 9v", "Zg,Z", "\u{e4}"]
  )
  @available(GRPCWeb 1.0, *)
  func invalidBinary(value: String) {
    let error = #expect(throws: RPCError.self) { try Self.decode([("x-data-bin", value)]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("x-data-bin") == true)
  }

  @Test("Binary names that aren't metadata aren't decoded")
  @available(GRPCWeb 1.0, *)
  func reservedBinary() throws {
    #expect(try Self.decode([("grpc-tags-bin", "*")]) == [:])
  }

  // Into a response

  @Test("Requirement 8: metadata becomes fields, in order")
  @available(GRPCWeb 1.0, *)
  func encodes() {
    var metadata: Metadata = ["x-b": "1", "X-A": "2", "x-b": "3"]
    metadata.addBinary([0xff], forKey: "x-data-bin")
    metadata.addString("", forKey: "x-empty")
    let (fields, rejected) = Self.encode(metadata)
    #expect(
      fields == [
        ["x-b", "1"], ["x-a", "2"], ["x-b", "3"], ["x-data-bin", "/w"], ["x-empty", ""],
      ]
    )
    #expect(rejected == [])
  }

  @Test(
    "What would break a header, or is HTTP's own, is reported and not sent",
    arguments: [
      ("x-key", "a\r\nset-cookie: b"), ("x-key", "a\nb"), ("x-key", "\u{0}"), ("x key", "a"),
      ("", "a"), ("x\r\n", "a"), ("grpc-status", "0"), ("grpc-encoding", "gzip"),
      ("content-length", "1"), ("Content-Type", "text/html"), ("connection", "close"),
      ("access-control-allow-origin", "*"), ("transfer-encoding", "chunked"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func rejects(key: String, value: String) {
    let (fields, rejected) = Self.encode(["x-first": "1", key: .string(value), "x-last": "2"])
    #expect(fields == [["x-first", "1"], ["x-last", "2"]])
    #expect(rejected == [key.lowercased()])
  }

  @Test("Requirement 8: text under a binary key is sent where it is base64, and refused where not")
  @available(GRPCWeb 1.0, *)
  func textUnderBinaryKey() {
    for value in ["Zg", "Zg==", "Zg, Zm8=", ""] {
      let (fields, rejected) = Self.encode(["x-data-bin": .string(value)])
      #expect(fields == [["x-data-bin", value]])
      #expect(rejected.isEmpty)
    }
    for value in ["Z", "not base64!", "-_-_", "Zg,*", "caf\u{e9}", "Zg\r\n"] {
      for key in ["x-data-bin", "X-Data-Bin", "grpc-status-details-bin"] {
        let (fields, rejected) = Self.encode([key: .string(value), "x-last": "2"])
        #expect(fields == [["x-last", "2"]])
        #expect(rejected == [key.lowercased()])
      }

      var requestFields = HTTPFields()
      var rejected: [String] = []
      MetadataCoding.encodeRequest(["x-data-bin": .string(value)], into: &requestFields) {
        rejected.append($0)
      }
      #expect(requestFields.isEmpty)
      #expect(rejected == ["x-data-bin"])

      MetadataCoding.forEachTrailer(of: ["x-data-bin": .string(value)]) {
        rejected.append($0)
      } _: { key, _ in
        Issue.record("\(key) was written.")
      }
      #expect(rejected == ["x-data-bin", "x-data-bin"])
    }
  }

  @Test("A key whose letters only look like ASCII's is refused, not made one")
  @available(GRPCWeb 1.0, *)
  func lookalikeKey() {
    let (fields, rejected) = Self.encode(["x-\u{212a}ey": "1"])
    #expect(fields.isEmpty)
    #expect(rejected == ["x-\u{212a}ey"])
  }

  @Test("Requirement 8: binary values of any length come back", arguments: 0 ..< 40)
  @available(GRPCWeb 1.0, *)
  func roundTrip(count: Int) throws {
    var generator = SplitMix64(seed: UInt64(count))
    var metadata: Metadata = [:]
    metadata.addBinary(generator.bytes(count: count), forKey: "x-bin")
    metadata.addBinary(generator.bytes(count: count + 1), forKey: "x-bin")

    let fields = Self.encode(metadata).fields
    #expect(fields.allSatisfy { !$0[1].contains("=") })
    #expect(try Self.decode(fields.map { ($0[0], $0[1]) }) == metadata)
    // A proxy may merge the fields into one, which loses a value without bytes.
    let merged = fields.map { $0[1] }.joined(separator: ", ")
    let values = metadata[binaryValues: "x-bin"].filter { !$0.isEmpty }
    #expect(try Array(Self.decode([("x-bin", merged)])[binaryValues: "x-bin"]) == values)
  }
}
