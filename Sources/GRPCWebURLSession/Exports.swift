// Code that configures a client needs no import besides this module.
@_exported public import GRPCWeb
@_exported public import GRPCWebBlocking
