/**
 * Searching quantizers: for types whose blocks can be filled in many ways they look for the way with the smallest (weighted) squared
 * error. One family of types a file; {@link moka.quantize.search.BlockQuantizers} has the list.
 */
@NullMarked
package moka.quantize.search;

import org.jspecify.annotations.NullMarked;
