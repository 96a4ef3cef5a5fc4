UPDATE "orchestrator"."proposals" SET "rerun" = json_build_object(
  'parentRunId', "rerun"->'parentRunId',
  'repeat', json_build_object('items', "rerun"->'repeat'->'items', 'steps', json_build_array(json_build_object('step', "rerun"->'repeat'->'step', 'of', "rerun"->'repeat'->'of', 'boundAnew', "rerun"->'repeat'->'boundAnew')))
) WHERE "rerun"->'repeat'->'step' IS NOT NULL;
