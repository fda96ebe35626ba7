#if !FlyingFox
// What is here is for the compiler's error to say what is missing, in its message or as a type's name.

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Stands in for the handler where the package's trait `FlyingFox` is off.
  @available(
    *,
    unavailable,
    message: """
      GRPCWebFlyingFox needs the trait 'FlyingFox': .package(url: "…", traits: ["FlyingFox"])
      """
  )
  public func handler<NeedsTraitFlyingFox>(prefix: String = "") -> NeedsTraitFlyingFox {
    fatalError("The compiler refuses calls.")
  }
}
#endif
