import Dispatch

#if canImport(Glibc)
import Glibc
#endif

/// Gives free memory back to the system when the process is sent SIGUSR1.
///
/// So a check can see from outside what is still in use: the allocator keeps much of what has been freed.
struct FreeMemory {
  private let signals: any DispatchSourceSignal

  /// Begins to listen for the signal; as long as the value exists.
  init() {
    signal(SIGUSR1, SIG_IGN)
    self.signals = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
    self.signals.setEventHandler {
      #if canImport(Glibc)
      // Swift's module of the C library doesn't have this function of glibc's.
      if let function = dlsym(nil, "malloc_trim") {
        typealias MallocTrim = @convention(c) (Int) -> CInt
        _ = unsafeBitCast(function, to: MallocTrim.self)(0)
      }
      #endif
    }
    self.signals.resume()
  }
}
