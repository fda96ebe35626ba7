import GRPCCore
import GRPCWebHummingbird
import GRPCWebTestSupport
import HTTPTypes
import Hummingbird
import SwiftProtobuf
import Synchronization
import Testing

/// An app with accounts, whose page calls services: a form to sign in, sessions in cookies, tokens for programs, and an
/// interceptor that keeps strangers from one method.
@Suite(.timeLimit(.minutes(3)))
struct SignedInAppTests {
  @Test("Who has signed in with the form is known to the service by the cookie")
  @available(GRPCWeb 1.0, *)
  func cookie() async throws {
    try await Self.run { app in
      let form = try await app.answer(
        RawRequest(path: "/sign-in", body: Array("name=Ada&password=secret".utf8))
      )
      #expect(form.httpStatus == 200)
      let cookie = try #require(form.header("set-cookie").first)
      let session = try #require(cookie.split(separator: ";").first)
      // The cookies of an app are many.
      let answer = try await app.answer(
        try .call(fields: [("cookie", "theme=dark; \(session)")], texts: ["hello"])
      )
      #expect(answer.status == 0)
      #expect(try answer.texts == ["Hello, Ada!"])
    }
  }

  @Test("A program with a token is known, too, and a stream knows its user to the end")
  @available(GRPCWeb 1.0, *)
  func token() async throws {
    try await Self.run { app in
      let answer = try await app.answer(
        try .call("Update", fields: [("authorization", "Bearer token-of-Ada")], texts: ["a", "b"])
      )
      #expect(answer.status == 0)
      #expect(try answer.texts == ["a for Ada", "b for Ada"])
    }
  }

  @Test(
    "Without a session that is valid, a page gets 'unauthenticated' and the app's message",
    arguments: [nil, "session=forged"]
  )
  @available(GRPCWeb 1.0, *)
  func stranger(cookie: String?) async throws {
    try await Self.run { app in
      let fields = [("origin", "https://shop.example")] + (cookie.map { [("cookie", $0)] } ?? [])
      let answer = try await app.answer(try .call(fields: fields, texts: ["hello"]))
      #expect(answer.httpStatus == 200)
      #expect(answer.status == Status.Code.unauthenticated.rawValue)
      #expect(answer.statusMessage == "Please sign in.")
      #expect(answer.trailers != nil)

      // Only that method is guarded.
      let open = try await app.answer(try .call("Expand", fields: fields, texts: ["hi"]))
      #expect(open.status == 0)
      #expect(try open.texts == ["h", "i"])
    }
  }

  @Test("A wrong password gives no session, and a page without one the form")
  @available(GRPCWeb 1.0, *)
  func form() async throws {
    try await Self.run { app in
      let form = try await app.answer(
        RawRequest(path: "/sign-in", body: Array("name=Ada&password=guess".utf8))
      )
      #expect(form.httpStatus == 401)
      #expect(form.header("set-cookie").isEmpty)
      #expect(try await app.answer(RawRequest(method: "GET", path: "/")).httpStatus == 200)
    }
  }

  /// Runs the app.
  @available(GRPCWeb 1.0, *)
  private static func run(_ body: (TestApp) async throws -> Void) async throws {
    let service = ScriptedService(
      onGet: { _, context in
        let name = context.requestContext(as: AppContext.self)?.user ?? "stranger"
        return ServerResponse(message: .with { $0.text = "Hello, \(name)!" })
      },
      onUpdate: { request, context in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            let name = context.requestContext(as: AppContext.self)?.user ?? "stranger"
            try await writer.write(.with { $0.text = "\(message.text) for \(name)" })
          }
          return [:]
        }
      }
    )
    let accounts = Accounts()
    let grpcWeb = GRPCWebServer(services: [service], interceptors: [Guard(methods: ["Get"])])

    let router = Router(context: AppContext.self)
    router.add(middleware: grpcWeb.errorMiddleware())
    router.add(middleware: SignedIn(accounts: accounts))
    router.add(middleware: grpcWeb.middleware())
    router.get("/") { _, context in
      context.user == nil ? "<form action=\"sign-in\" method=\"post\">…</form>" : "<p>Hello!</p>"
    }
    router.post("sign-in") { request, _ in
      let form = String(buffer: try await request.body.collect(upTo: 1024))
      guard form == "name=Ada&password=secret" else {
        throw HTTPError(.unauthorized, message: "That isn't the password.")
      }
      var response = Response(status: .ok)
      response.setCookie(
        Cookie(
          name: "session",
          value: accounts.open(for: "Ada"),
          secure: true,
          httpOnly: true,
          sameSite: .strict
        )
      )
      return response
    }
    try await TestApp.run(router, grpcWeb, body)
  }
}

/// The app's request context.
private struct AppContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The name of the account, where the request is of one.
  var user: String?

  init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
  }
}

/// The sessions, and the tokens of programs.
private final class Accounts: Sendable {
  private let sessions = Mutex<[String: String]>([:])

  func open(for name: String) -> String {
    let session = String(UInt64.random(in: .min ... .max), radix: 16)
    self.sessions.withLock { $0[session] = name }
    return session
  }

  func user(session: String) -> String? {
    self.sessions.withLock { $0[session] }
  }

  func user(token: String) -> String? {
    token == "token-of-Ada" ? "Ada" : nil
  }
}

/// Notes the account that a request is of.
///
/// Strangers are welcome: the form is a page of the app, too.
private struct SignedIn: RouterMiddleware {
  let accounts: Accounts

  func handle(
    _ request: Request,
    context: AppContext,
    next: (Request, AppContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    if let header = request.headers[.authorization], header.hasPrefix("Bearer ") {
      context.user = self.accounts.user(token: String(header.dropFirst("Bearer ".count)))
    } else if let session = request.cookies["session"] {
      context.user = self.accounts.user(session: session.value)
    }
    return try await next(request, context)
  }
}

/// Keeps strangers from some methods.
@available(GRPCWeb 1.0, *)
private struct Guard: ServerInterceptor {
  let methods: Set<String>

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    if self.methods.contains(context.descriptor.method),
      context.requestContext(as: AppContext.self)?.user == nil
    {
      throw RPCError(code: .unauthenticated, message: "Please sign in.")
    }
    return try await next(request, context)
  }
}
