// Included before everything else when better-sqlite3 12 is compiled. From 24.19 on, Node's own node::ObjectWrap calls
// RemoveEnvironmentCleanupHook in its destructor, which aborts the process when the garbage collector runs outside of
// JavaScript ("Assertion failed: (env) != nullptr"). Without these two calls the class is what it was before.
#include <node.h>
#define AddEnvironmentCleanupHook(...)
#define RemoveEnvironmentCleanupHook(...)
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
