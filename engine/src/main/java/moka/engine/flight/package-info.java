/** Events of the JDK's flight recorder. */
@org.jspecify.annotations.NullMarked
package moka.engine.flight;
