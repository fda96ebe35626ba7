#if !Vapor
// Declarations for apps without the trait: the compiler's error names the trait, in its message or as a type's name.

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Stands in for the middleware where the package's trait `Vapor` is off.
  @available(
    *,
    unavailable,
    message: "GRPCWebVapor needs the trait 'Vapor': .package(url: \"…\", traits: [\"Vapor\"])"
  )
  public func middleware<NeedsTraitVapor>(prefix: String = "") -> NeedsTraitVapor {
    fatalError("The compiler refuses calls.")
  }
}
#endif
