Feature: CHECK
  The runtime asks whether a pod's network is still what ADD made.

  @req:CNI-5
  Scenario: CHECK passes on what ADD made
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime checks "a"
    Then it succeeds

  @req:CNI-5
  Scenario Outline: CHECK fails when the pod's <part> was removed
    Nobody repairs what was removed before CHECK sees it.

    Given a node "n1" with:
      | config repair_period | "0s" |
    And a pod "a" on "n1"
    When the runtime checks "a"
    Then it succeeds
    When the <part> of "a" is removed
    And the runtime checks "a"
    Then it fails, unlike "CHECK a"

    Examples:
      | part          |
      | address       |
      | default route |
      | link          |

  @req:CNI-5 @cap:shared-eni
  Scenario Outline: CHECK fails when the node's <part> for the pod was removed
    Given a node "n1" with:
      | config repair_period | "0s" |
    And a pod "a" on "n1"
    When the runtime checks "a"
    Then it succeeds
    When the <part> for "a" is removed from its node
    And the runtime checks "a"
    Then it fails, unlike "CHECK a"

    Examples:
      | part            |
      | route           |
      | rule            |
      | neighbour entry |

  @req:CNI-5
  Scenario: CHECK of a sandbox that nobody added fails
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime checks "a"
    Then it succeeds
    Given a sandbox "b" on "n1"
    When the runtime checks "b"
    Then it fails, unlike "CHECK a"
