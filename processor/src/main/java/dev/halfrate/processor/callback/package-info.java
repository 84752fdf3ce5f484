/**
 * Tells endpoints what happens, from the public topics alone. Nothing of the pipeline enters, so an endpoint that is slow
 * or dead holds up nobody but itself.
 */
@NullMarked
package dev.halfrate.processor.callback;

import org.jspecify.annotations.NullMarked;
