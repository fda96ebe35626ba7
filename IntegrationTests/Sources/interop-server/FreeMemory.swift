import Dispatch

#if canImport(Glibc)
import Glibc
#endif

/// Gives memory that is free back to the system when the process is sent SIGUSR1, so that a check can see from
/// outside what is still in use. The allocator keeps much of it else.
struct FreeMemory {
  private let signals: any DispatchSourceSignal

  /// Begins to listen for the signal; as long as the value exists.
  init() {
    signal(SIGUSR1, SIG_IGN)
    self.signals = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
    self.signals.setEventHandler {
      #if canImport(Glibc)
      malloc_trim(0)
      #endif
    }
    self.signals.resume()
  }
}
