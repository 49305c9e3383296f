@cap:shared-eni @cap:bare-nodes @req:FLT-7 @fault:storm @serial
Feature: Many nodes boot at once
  Of these nodes there is nothing but an instance and objects of the API; the
  controller makes interfaces for all of them, against a cloud that allows 600 calls
  a minute of the two actions that it needs. Three calls for a node are the budget:
  one that is refused in the first rush, one that works, and one more.

  Scenario: Forty nodes get their interfaces within the cloud's budget
    Given the cloud allows 10 calls of CreateNetworkInterface at once and 600 a minute
    And the cloud allows 10 calls of AttachNetworkInterface at once and 600 a minute
    When 40 nodes without agents boot at once
    Then each of them got an interface, the last at most 4 times as late as the one in the middle
    And the cloud refused CreateNetworkInterface with Throttling, and was asked 120 times at most
    And AttachNetworkInterface was asked 120 times at most
    And of the repeated calls of CreateNetworkInterface at most 10 came within 250 milliseconds

  @slow
  Scenario: Two hundred nodes get their interfaces within the cloud's budget
    Given the cloud allows 20 calls of CreateNetworkInterface at once and 600 a minute
    And the cloud allows 20 calls of AttachNetworkInterface at once and 600 a minute
    When 200 nodes without agents boot at once
    Then each of them got an interface, the last at most 4 times as late as the one in the middle
    And the cloud refused CreateNetworkInterface with Throttling, and was asked 600 times at most
    And AttachNetworkInterface was asked 600 times at most
    And of the repeated calls of CreateNetworkInterface at most 20 came within 250 milliseconds
