#if !Hummingbird
// What is here is for the compiler's error to say what is missing, in its message or as a type's name.

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Stands in for the middleware where the package's trait `Hummingbird` is off.
  @available(
    *,
    unavailable,
    message: """
      GRPCWebHummingbird needs the trait 'Hummingbird': .package(url: "…", traits: ["Hummingbird"])
      """
  )
  public func middleware<NeedsTraitHummingbird>(prefix: String = "") -> NeedsTraitHummingbird {
    fatalError("The compiler refuses calls.")
  }
}
#endif
