/** The public API: open a {@link moka.engine.Model}, make a {@link moka.engine.Session}, generate. */
@org.jspecify.annotations.NullMarked
package moka.engine;
