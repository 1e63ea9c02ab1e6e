/** Guard pages around all native memory that a process allocates through arenas. */
@NullMarked
package moka.testing.guard;

import org.jspecify.annotations.NullMarked;
