/**
 * Formats of Halfrate's own topics. Nothing here may depend on the processor. Not null-marked as a whole,
 * because Avro's generated classes are not.
 */
package dev.halfrate.schemas.internal;
