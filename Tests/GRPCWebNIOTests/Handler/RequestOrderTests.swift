import Testing

@testable import GRPCWebNIO

@Suite
struct RequestOrderTests {
  @Test("The app takes requests while it answers others")
  func appRequestsPipelined() {
    var order = RequestOrder()
    for count in 1 ... 3 {
      #expect(order.canBegin(.app))
      order.begin(.app)
      #expect(order.destination == .app)
      #expect(order.appRequests == count)
      order.requestEnded()
      #expect(order.destination == nil)
    }
  }

  @Test("A call waits until the app has answered every request before it")
  func callWaitsForApp() {
    var order = RequestOrder()
    for _ in 0 ..< 2 {
      order.begin(.app)
      order.requestEnded()
    }
    #expect(!order.canBegin(.call))
    order.appResponseEnded()
    #expect(!order.canBegin(.call))
    order.appResponseEnded()
    #expect(order.canBegin(.call))
  }

  @Test("Everything waits for a call's response", arguments: [false, true])
  func allWaitForCall(isRequestEnded: Bool) {
    var order = RequestOrder()
    order.begin(.call)
    #expect(order.isAnswering)
    #expect(order.destination == .call)
    if isRequestEnded {
      order.requestEnded()
    }
    #expect(!order.canBegin(.app))
    #expect(!order.canBegin(.call))

    order.responseEnded()
    #expect(!order.isAnswering)
    #expect(order.canBegin(.app))
    #expect(order.canBegin(.call))
  }

  @Test("What comes of a request after its response goes nowhere")
  func restAfterResponse() {
    var order = RequestOrder()
    order.begin(.call)
    order.responseEnded()
    #expect(order.destination == .nowhere)
    order.requestEnded()
    #expect(order.destination == nil)
  }

  @Test("What comes of an app's request after its response still goes to the app")
  func restAfterAppResponse() {
    var order = RequestOrder()
    order.begin(.app)
    order.appResponseEnded()
    #expect(order.destination == .app)
    order.requestEnded()
    #expect(order.destination == nil)
    #expect(order.canBegin(.call))
  }

  @Test("A response that ends between two requests doesn't touch the next")
  func responseEndsAfterRequest() {
    var order = RequestOrder()
    order.begin(.call)
    order.requestEnded()
    order.responseEnded()
    #expect(order.destination == nil)
    order.begin(.app)
    #expect(order.destination == .app)
  }

  @Test("An app that answers what nobody asked doesn't hold calls back, or let them overtake")
  func unaskedResponse() {
    var order = RequestOrder()
    order.appResponseEnded()
    #expect(order.appRequests == 0)
    #expect(order.canBegin(.call))
    order.begin(.app)
    #expect(!order.canBegin(.call))
  }
}
