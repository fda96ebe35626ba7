import BenchService
import Benchmark
import Foundation
import SwiftProtobuf

let benchmarks: @Sendable () -> Void = {
  let small = Sonora_Bench_UnaryRequest.with { $0.name = "world" }
  let large = Sonora_Bench_EchoRequest.with {
    $0.data = Data(repeating: UInt8(ascii: "x"), count: 1 << 20)
  }
  let stream = Sonora_Bench_StreamRequest.with {
    $0.messages = 10_000
    $0.size = 8
  }
  let unaryCalls = Benchmark.Configuration(
    metrics: [.wallClock, .throughput, .instructions],
    scalingFactor: .kilo
  )
  let largeCalls = Benchmark.Configuration(metrics: [.wallClock, .throughput, .instructions])

  measure("unary, binary", unaryCalls) {
    try Exchange(method: "Unary", message: small)
  }
  measure("unary, text", unaryCalls) {
    try Exchange(method: "Unary", message: small, isText: true)
  }
  measure("unary, binary, with the headers of a browser", unaryCalls) {
    try Exchange(method: "Unary", message: small, fields: browserFields)
  }
  measure("unary, 1 MiB, binary", largeCalls) {
    try Exchange(method: "Echo", message: large)
  }
  measure("unary, 1 MiB, text", largeCalls) {
    try Exchange(method: "Echo", message: large, isText: true)
  }
  measure("stream of 10,000 messages, binary", largeCalls) {
    try Exchange(method: "Stream", message: stream)
  }
  measure("stream of 10,000 messages, text", largeCalls) {
    try Exchange(method: "Stream", message: stream, isText: true)
  }
}

/// Registers a benchmark that runs an exchange again and again.
private func measure(
  _ name: String,
  _ configuration: Benchmark.Configuration,
  making exchange: @escaping () throws -> Exchange
) {
  Benchmark(name, configuration: configuration) { benchmark, exchange in
    for _ in benchmark.scaledIterations {
      blackHole(try await exchange.run())
    }
  } setup: {
    try exchange()
  }
}

/// What Chromium sends with a call from a page of another origin.
private let browserFields = [
  ("accept", "application/grpc-web+proto"),
  ("accept-encoding", "gzip, deflate, br, zstd"),
  ("accept-language", "en-GB,en;q=0.9"),
  ("cache-control", "no-cache"),
  ("connection", "keep-alive"),
  ("origin", "https://shop.example"),
  ("pragma", "no-cache"),
  ("referer", "https://shop.example/"),
  ("sec-ch-ua", #""Chromium";v="140", "Not=A?Brand";v="24""#),
  ("sec-ch-ua-mobile", "?0"),
  ("sec-ch-ua-platform", #""Linux""#),
  ("sec-fetch-dest", "empty"),
  ("sec-fetch-mode", "cors"),
  ("sec-fetch-site", "same-site"),
  ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
  ("x-grpc-web", "1"),
  ("x-user-agent", "grpc-web-javascript/0.1"),
]
