internal import Foundation

/// The memory of this process that is resident, in bytes; `nil` where the system doesn't tell it in a file.
public func residentMemory() -> Int? {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
    return nil
  }
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  let digits = line?.filter { ("0" ... "9").contains($0) }
  return digits.flatMap { Int($0) }.map { $0 * 1024 }
}
