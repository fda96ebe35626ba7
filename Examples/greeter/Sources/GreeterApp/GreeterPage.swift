public import Foundation

/// The page that calls the greeter.
public enum GreeterPage {
  /// The folder with its files, of which `index.html` is the first.
  public static let folder = Bundle.module.bundleURL.appendingPathComponent("Public")
}
