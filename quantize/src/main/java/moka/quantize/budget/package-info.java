/** Spends a budget of bytes where it tells most. Not exported. */
@NullMarked
package moka.quantize.budget;

import org.jspecify.annotations.NullMarked;
