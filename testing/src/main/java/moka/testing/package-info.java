/** What the tests of all modules share. */
@NullMarked
package moka.testing;

import org.jspecify.annotations.NullMarked;
