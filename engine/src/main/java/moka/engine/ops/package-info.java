/** Operations on activations that families share. */
@org.jspecify.annotations.NullMarked
package moka.engine.ops;
