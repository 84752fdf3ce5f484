/** The operators' way in over HTTP: looks, asks and passes wishes on; decides nothing and owns no state of the pipeline. */
@NullMarked
package dev.halfrate.processor.admin;

import org.jspecify.annotations.NullMarked;
