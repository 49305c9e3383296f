@cap:shared-eni @req:FLT-3 @fault:sandboxes
Feature: Two sandboxes of one pod name
  A runtime gives up a sandbox and makes another for the same pod, or for the next pod
  of that name, and its calls come late, twice, together, or never. "ADD 1" is a call for
  the first sandbox; "+" joins what comes at the same time; a killed ADD ends before it
  answers; a lost sandbox vanishes and nobody calls DEL.

  Scenario Outline: Calls for two sandboxes of <whose> come in odd orders
    Given a node "n1" with:
      | config min_pool_size | 0    |
      | config max_pool_size | 2    |
      | config address_rest  | "0s" |
    And a pod "z" on "n1"
    When two sandboxes of <whose> on "n1" see these calls:
      | ADD 1, DEL 1, ADD 2                    |
      | ADD 1, ADD 2, DEL 1                    |
      | ADD 2, ADD 1, DEL 1                    |
      | ADD 1, ADD 2, DEL 2, DEL 1             |
      | ADD 1, DEL 1, ADD 2, DEL 1             |
      | ADD 1, ADD 2, DEL 1, DEL 1             |
      | ADD 1, DEL 1 + ADD 2                   |
      | ADD 1 + ADD 2, DEL 1 + DEL 2           |
      | ADD 1, lost 1, ADD 2                   |
      | ADD 1, ADD 2, lost 1                   |
      | killed ADD 1, DEL 1 + ADD 2, DEL 1     |
      | killed ADD 1, ADD 2, DEL 1             |
    Then "z" reaches each sandbox that lives
    And pods, cloud, kernel and reports of "n1" come to agree
    And "n1" names no sandbox that went, unlike while it was there

    Examples:
      | whose                   |
      | one pod                 |
      | a pod and its successor |

  @slow
  Scenario Outline: Calls for two sandboxes of <whose> come in every order
    Each sandbox's end follows its ADD: a DEL, one or two, or none as the sandbox is
    lost, or the second lives. What comes together, what is killed and when, the seed
    chooses.

    Given a node "n1" with:
      | config min_pool_size | 0    |
      | config max_pool_size | 2    |
      | config address_rest  | "0s" |
    And a pod "z" on "n1"
    When two sandboxes of <whose> on "n1" see their calls in every order, 3 times over
    Then "z" reaches each sandbox that lives
    And pods, cloud, kernel and reports of "n1" come to agree
    And "n1" names no sandbox that went, unlike while it was there

    Examples:
      | whose                   |
      | one pod                 |
      | a pod and its successor |
